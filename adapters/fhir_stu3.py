"""How does a FHIR STU3 message look in the shape of R4, which is the one that we read?

Only where the two differ in what a referral needs: a ReferralRequest or ProcedureRequest is a
ServiceRequest, its requester is one reference and not an agent on somebody's behalf, and the event
of a header is coded. What is R4 already stays as it is. The message that came is not changed.
Source: HL7 FHIR STU3 (3.0.2) and R4 (4.0.1), ReferralRequest, ProcedureRequest, MessageHeader.
"""

from typing import Any

_REQUESTS = ("ReferralRequest", "ProcedureRequest")
_STATUSES = {"cancelled": "revoked", "suspended": "on-hold"}
_DEEPEST = 8


def as_r4(resource: dict[str, Any], deep: int = 0) -> dict[str, Any]:
    """The resource, those in it too, in the shape of R4."""
    told = dict(resource)
    if deep < _DEEPEST:
        told |= {name: _held(told[name], deep + 1) for name in _HOLDING if name in told}
    if told.get("resourceType") in _REQUESTS:
        return _service_request(told)
    event = told.get("event")
    if told.get("resourceType") == "MessageHeader" and isinstance(event, dict):
        told.setdefault("eventCoding", event)
    return told


_HOLDING = ("entry", "contained", "parameter")


def _held(items: Any, deep: int) -> Any:
    if not isinstance(items, list):
        items = [items]
    return [_item(each, deep) if isinstance(each, dict) else each for each in items]


def _item(item: dict[str, Any], deep: int) -> dict[str, Any]:
    inner = item.get("resource")
    if isinstance(inner, dict):
        return {**item, "resource": as_r4(inner, deep)}
    return as_r4(item, deep) if "resourceType" in item else item


def _service_request(told: dict[str, Any]) -> dict[str, Any]:
    status = told.get("status")
    if isinstance(status, str):
        told["status"] = _STATUSES.get(status, status)
    asked = told.get("requester")
    if isinstance(asked, dict) and isinstance(asked.get("agent"), dict):
        agent, body = asked["agent"], asked.get("onBehalfOf")
        told["requester"] = agent
        if isinstance(body, dict):
            name = f"requester-of-{told.get('id', '')}"
            role = {
                "resourceType": "PractitionerRole",
                "id": name,
                "practitioner": agent,
                "organization": body,
            }
            contained = told.get("contained")
            told["contained"] = [*(contained if isinstance(contained, list) else []), role]
            told["requester"] = {"reference": f"#{name}", "display": agent.get("display", "")}
    return {**told, "resourceType": "ServiceRequest"}

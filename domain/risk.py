"""
A risk: what an agency or worker feared for a child, and whether anybody answered it.

    raised ──> escalated* ──> answered
      └──── answer withdrawn <──┘

Read top to bottom: events, commands, state, evolve, decide.
"""

from typing import ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.kernel import (
    WITHHELD,
    Asking,
    Command,
    Event,
    Narrative,
    Refused,
    Trace,
    asking,
    caused,
    once,
    trace,
)

RiskKind = Literal[
    "physical-harm",
    "sexual-harm",
    "emotional-harm",
    "neglect",
    "domestic-abuse",
    "exploitation",
    "missing",
    "self-harm",
    "parental-substance-misuse",
    "parental-mental-health",
    "person-who-poses-a-risk",
    "other",
]
RISK_KINDS: dict[RiskKind, str] = {
    "physical-harm": "Physical harm",
    "sexual-harm": "Sexual harm",
    "emotional-harm": "Emotional harm",
    "neglect": "Neglect",
    "domestic-abuse": "Domestic abuse",
    "exploitation": "Exploitation",
    "missing": "Going missing",
    "self-harm": "Self-harm",
    "parental-substance-misuse": "Parental substance misuse",
    "parental-mental-health": "Parental mental health",
    "person-who-poses-a-risk": "A person who poses a risk",
    "other": "Other",
}
Answer = Literal["accepted", "mitigated", "refuted"]
ANSWERS: dict[Answer, str] = {
    "accepted": "Accepted: it stands, and the plan deals with it",
    "mitigated": "Mitigated: something was done that lowers it",
    "refuted": "Refuted: looked into and found not to be so",
}

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfRisk(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "risk_id"
    subject_field: ClassVar[str] = "child_id"

    risk_id: str
    child_id: str


class RiskRaised(_OfRisk, frozen=True, tag="risk.raised.v1"):
    """`raised_by_agency`: whose fear it is; `words`: in what words they told it."""

    kind: RiskKind
    raised_by_agency: str
    referral_id: str | None = None
    words: Narrative = WITHHELD


class RiskAnswered(_OfRisk, frozen=True, tag="risk.answered.v1"):
    answer: Answer
    reason: Narrative = WITHHELD
    evidence: Narrative = WITHHELD


class RiskEscalated(_OfRisk, frozen=True, tag="risk.escalated.v1"):
    to: str
    reason: Narrative = WITHHELD


class RiskAnswerWithdrawn(_OfRisk, frozen=True, tag="risk.answer_withdrawn.v1"):
    """The answer was wrong, or another risk's: nobody has answered this one since it was raised."""

    reason: Narrative = WITHHELD


RiskEvent = RiskRaised | RiskAnswered | RiskEscalated | RiskAnswerWithdrawn

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForRisk(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "risk_id"

    risk_id: str


class RaiseRisk(_ForRisk, frozen=True, tag="raise-risk"):
    child_id: str
    kind: RiskKind
    raised_by_agency: str
    words: Narrative
    referral_id: str | None = None


class AnswerRisk(_ForRisk, frozen=True, tag="answer-risk"):
    answer: Answer
    reason: Narrative
    evidence: Narrative


class EscalateRisk(_ForRisk, frozen=True, tag="escalate-risk"):
    to: str
    reason: Narrative


class WithdrawRiskAnswer(_ForRisk, frozen=True, tag="withdraw-risk-answer"):
    reason: Narrative


RiskCommand = RaiseRisk | AnswerRisk | EscalateRisk | WithdrawRiskAnswer

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Risk(Struct, frozen=True):
    child_id: str = ""
    answer: Answer | None = None
    answered: Asking | None = None
    withdrawn: Asking | None = None
    traces: frozenset[Trace] = frozenset()


def evolve(state: Risk, event: RiskEvent) -> Risk:
    match event:
        case RiskRaised(child_id=child_id):
            return replace(state, child_id=child_id)
        case RiskAnswered(answer=answer):
            return replace(state, answer=answer, answered=asking(event))
        case RiskEscalated():
            return replace(state, traces=state.traces | {trace(event)})
        case RiskAnswerWithdrawn():
            return replace(state, answer=None, withdrawn=asking(event))
        case _:
            assert_never(event)


def decide(command: RiskCommand, state: Risk) -> list[RiskEvent]:
    match command:
        case RaiseRisk(child_id=child_id) if state.child_id:
            if child_id == state.child_id:
                return []
            raise Refused("That is another child's risk: leave its id out, to raise one.")
        case RaiseRisk(message=None, words=words) if not words.strip():
            raise Refused("Write what is feared for the child, in the words of who told you.")
        case RaiseRisk():
            return [caused(RiskRaised, command)]
        case _ if not state.child_id:
            raise Refused("This risk has not been raised: raise it first.")
        case AnswerRisk(answer=answer) if (answer, asking(command)) == (
            state.answer,
            state.answered,
        ):
            return []
        case AnswerRisk() if state.answer:
            raise Refused(_answered(state.answer))
        case AnswerRisk() if not (command.reason.strip() and command.evidence.strip()):
            raise Refused("Record both why you answer so and the evidence that you rely on.")
        case AnswerRisk():
            return [caused(RiskAnswered, command, child_id=state.child_id)]
        case EscalateRisk() if not (command.to.strip() and command.reason.strip()):
            raise Refused("Say to whom you escalate the risk, and why.")
        case EscalateRisk():
            escalated = caused(RiskEscalated, command, child_id=state.child_id)
            if state.answer and trace(escalated) not in state.traces:
                raise Refused(_answered(state.answer))
            return once(escalated, state.traces)
        case WithdrawRiskAnswer() if state.answer is None:
            if asking(command) == state.withdrawn:
                return []
            raise Refused("This risk is not answered: there is no answer to withdraw.")
        case WithdrawRiskAnswer(reason=reason) if not reason.strip():
            raise Refused("Record why the answer is withdrawn.")
        case WithdrawRiskAnswer():
            return [caused(RiskAnswerWithdrawn, command, child_id=state.child_id)]
        case _:
            assert_never(command)


def _answered(answer: Answer) -> str:
    return (
        f"This risk is already answered, as {answer}: raise it again, or have a manager withdraw"
        " that answer."
    )

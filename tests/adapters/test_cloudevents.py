"""Who sent a record, under which id, and what are its bytes?"""

import pytest

from adapters.cloudevents import Broken, Envelope, agency_named, envelope

SOURCE = ("ce_source", b"/agencies/north-police")
ID = ("ce_id", b"notice-17")
STRUCTURED = ("content-type", b"application/cloudevents+json; charset=utf-8")


def test_in_binary_mode_the_headers_say_it_and_the_body_is_the_message() -> None:
    more = (("ce_type", b"webform.v1"), ("Content-Type", b"application/json"), ("trace", b"\xff"))
    assert envelope((ID, SOURCE, *more), b"{}") == Envelope(
        id="notice-17",
        source="/agencies/north-police",
        body=b"{}",
        type="webform.v1",
        content_type="application/json",
    )


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/agencies/north-police", "north-police"),
        ("/agencies/north-police/control-room", "north-police"),
        ("/Agencies/North-Police/", "north-police"),
        ("//elsewhere.example/agencies/north-police", "north-police"),
        ("urn:agencies:north-police", "north-police"),
        ("/north-police", "north-police"),
        ("north-police", "north-police"),
        (" north-police ", "north-police"),
        ("/np", "np"),
        ("/agencies", "agencies"),
        ("/", ""),
    ],
)
def test_a_source_names_its_agency_however_it_is_written(source: str, name: str) -> None:
    assert agency_named(source) == name


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b'"data": {"a":  1}', b'{"a":  1}'),
        (b'"data": "MSH|^~\\\\&|"', b"MSH|^~\\&|"),
        (b'"data_base64": "TVNIfA=="', b"MSH|"),
        (b'"datacontenttype": "text/plain"', b""),
    ],
)
def test_in_structured_mode_the_body_says_it(data: bytes, body: bytes) -> None:
    found = envelope((STRUCTURED,), b'{"id": "1", "source": "/agencies/a", %s}' % data)
    assert isinstance(found, Envelope)
    assert (found.id, found.source, found.body) == ("1", "/agencies/a", body)


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ((SOURCE,), b"x", "no-id"),
        ((ID,), b"x", "no-id"),
        ((("ce_id", b" "), SOURCE), b"x", "no-id"),
        ((ID, SOURCE, ("CE_ID", b"notice-17")), b"x", "header-twice"),
        ((("ce_id", b"\xff"), SOURCE), b"x", "header-unreadable"),
        ((STRUCTURED,), b'{"id": "1"}', "no-id"),
        ((STRUCTURED,), b'{"id": "1"', "header-unreadable"),
        ((STRUCTURED,), b'{"id": "1", "source": "a", "data_base64": "?"}', "header-unreadable"),
        ((STRUCTURED,), b"[" * 100_000, "header-unreadable"),
        ((STRUCTURED,), b"\xff\xfe", "header-unreadable"),
    ],
)
def test_a_broken_envelope_is_told_by_a_code(
    headers: tuple[tuple[str, bytes], ...], body: bytes, reason: str
) -> None:
    found = envelope(headers, body)
    assert isinstance(found, Broken)
    assert found.reason == reason

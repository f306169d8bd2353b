"""What did a person type into a form that came too late, in the words that the form itself uses?

The form was sent when whoever typed it was signed in no more. It waits on the sign-in page, sealed,
and is shown to that person alone; anybody else is told that something was left, and it is dropped
after a while. Its questions and the words of its choices are shown to whoever may still send it.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.vault import seal, unseal
from services.access import Denied, Principal, give
from services.questions import about_child, about_referral
from services.web import referral_forms, referral_story
from services.web.command_form import Situation, asked_forms
from services.web.form import DATE_PARTS, Field, Fields, Form, Group, start
from services.web.pages import agency, feeds, merge, referral
from services.web.routes import Context
from services.web.templating import govdate

Pairs = Sequence[tuple[str, str]]
HIDDEN = ("command_id", "of", "do", "referral")
"""What a page's own forms send besides what was typed."""

SETTLED = re.compile(r"/feeds/quarantine/[a-z0-9-]+/(settle|put-away)")
COMMAND = re.compile(r"/(referrals|children)/([a-z]+-[0-9a-f-]+)/([a-z0-9-]+)")


MINUTES = 60
"""How long what was typed is kept for whoever typed it."""

SEALED_FOR = b"a form that came too late"


class Left(msgspec.Struct, frozen=True):
    """What was typed, by whom (an id, "" if nobody knows), and when it was sent."""

    whose: str
    at: datetime
    pairs: tuple[tuple[str, str], ...]


def sealed(context: Context, whose: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """What was typed, so that a page may carry it and nobody reads it there."""
    left = Left(whose, context.parts.now(), pairs)
    box = seal(_cipher(context), msgspec.msgpack.encode(left), SEALED_FOR)
    return urlsafe_b64encode(box).decode()


def left(context: Context, box: str) -> Left | None:
    """What was sealed; None if it was not sealed here, or has been dropped since."""
    try:
        plain = unseal(_cipher(context), urlsafe_b64decode(box), SEALED_FOR)
    except (InvalidTag, ValueError):
        return None
    found = msgspec.msgpack.decode(plain, type=Left)
    return found if context.parts.now() - found.at < timedelta(minutes=MINUTES) else None


def _cipher(context: Context) -> AESGCM:
    """Under a key that a restart does not change, as it does not end a session."""
    key = context.parts.store.vault.token("session", "form").encode()
    return AESGCM(sha256(key).digest())


class _Late(Context):
    """The form's own request, as whoever signed in since would send it."""

    def __init__(self, context: Context, who: Principal, path: Mapping[str, str]) -> None:
        super().__init__(context.request, who, b"")
        self._path = path

    @property
    def path(self) -> Mapping[str, Any]:
        return self._path

    def asked(self, name: str) -> str | None:
        return None  # the query in the address is that of the sign-in page


def told(context: Context, who: Principal, to: str, pairs: Pairs) -> list[tuple[str, str]]:
    """(question, answer) of a form sent `to` that address; the answers alone if it is unknown."""
    try:
        fields = _fields(context, who, to, dict(pairs))
    except Denied:
        fields = {}
    if not fields:
        return [("", text) for name, text in pairs if text.strip() and name not in HIDDEN]
    form = start(fields)
    for name, text in pairs:
        form.typed.setdefault(name, []).append(text)
    return [line for name in fields for line in _answers(form, name, fields[name]) if line[1]]


def _fields(context: Context, who: Principal, to: str, typed: Mapping[str, str]) -> Fields:
    """What the form at that address asks. Raises `Denied` if it is not theirs to fill in."""
    if to == "/referrals/new":
        return agency.CONCERN
    if aside := SETTLED.fullmatch(to):
        return feeds.SETTLE if aside[1] == "settle" else feeds.PUT_AWAY
    found = COMMAND.fullmatch(to)
    if found is None:
        return {}
    place, ident, command = found[1], found[2], found[3]
    gate, of = context.parts.gate, typed.get("of") or None
    if place == "referrals":
        about = about_referral(context.parts.query, ident)
        late = _Late(context, who, {"referral": ident})
        if command == "ask":
            return agency.ASK
        if command == "add-child":
            return {**referral.WORDS, **referral.NEW, **referral.CHOSEN}
        if command in referral_forms.FORMS and gate.may(who, give(command), about):
            ask = referral_forms.FORMS[command](referral_story.Situation(late, of))
            return ask.fields
        return {}
    about = about_child(context.parts.query, ident)
    late = _Late(context, who, {"child": ident})
    if command == "merge-records" and of and gate.may(who, give(command), about):
        other = about_child(context.parts.query, of)
        for action in (give(command), "see-child"):
            gate.open(who, action, other)
        return merge.questions(Situation(late, ident), Situation(late, of))
    if command in asked_forms() and gate.may(who, give(command), about):
        return asked_forms()[command](Situation(late, ident, of)).fields
    return {}


# ── Answers ───────────────────────────────────────────────────────────────────────────────────────


def _answers(form: Form[Any], name: str, field: Field | Group) -> Iterator[tuple[str, str]]:
    if isinstance(field, Group):
        for row in form.rows(name):
            for part, inner in field.fields.items():
                for label, answer in _answers(form, f"{name}-{row}-{part}", inner):
                    yield f"{field.label} {row + 1}: {label[:1].lower()}{label[1:]}", answer
        return
    yield field.label, _moment(form, name) or ", ".join(_worded(form, name, field))


def _moment(form: Form[Any], name: str) -> str:
    """A date, with its time if it has one; as it was typed if there is no such day."""
    day, month, year = (form.text(f"{name}-{part}").strip() for part in DATE_PARTS)
    at = form.text(f"{name}-time").strip()
    try:
        shown = govdate(date(int(year), int(month), int(day)))
    except (ValueError, OverflowError):
        shown = " ".join(filter(None, (day, month, year)))
    return f"{shown} at {at}" if shown and at else shown or at


def _worded(form: Form[Any], name: str, field: Field) -> Iterator[str]:
    choices = {
        str(value): words for value, words in (field.choices or {"yes": "Yes", "no": "No"}).items()
    }
    return (choices.get(text, text) for text in form.chosen(name) if text.strip())

"""What does an e-mail say that a registered sender wrote in their own words, with what is attached?

Its words are the concern. Whoever writes labelled lines (`Child 1: …`, `Date of birth: …`) has
people and addresses read from them; from words alone nothing is inferred. An answer adds to the
message it answers. What a programme answered (bounces, receipts, notices of absence) is kept, and
is no concern unless it names a child or carries a file; what one sent by itself is, and it is said.
Known again by its Message-ID.
"""

from email.utils import format_datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from adapters.email_text import Email, as_mailed, email_of, looks_like_email
from adapters.fitting import Fit
from adapters.labelled import Labels, labelled
from adapters.made_up import MadeUpAdult, MadeUpChild, Story, story
from adapters.notice_people import Address, Officer, Present, addresses_of, people_of
from adapters.particulars import NO_PERSON, reference_of
from adapters.reading import LARGEST_READ, Problems, beginning, decoded, shown, unread
from adapters.translation import FormatInformation, Sent, Translation
from adapters.urgency import in_our_words, told_unknown, urgency_in
from domain.described import URGENCIES, ReferrerDescribed, Urgency

FORMAT = FormatInformation(
    name="email",
    title="E-mail in the sender's own words, with attachments",
    transports=("file", "http", "kafka", "mesh", "mail-drop"),
    content_types=("message/rfc822",),
    rank=90,
)

_LABELS = Labels(
    fields={
        "reference": ("our reference", "reference"),
        "urgency": ("urgency", "priority", "how urgent"),
        "concern": ("concern", "reason for referral", "details", "what happened", "circumstances"),
        "child_said": (
            "child said", "what the child said", "words of the child", "voice of the child",
        ),
    },
    groups={
        "writer": {
            "name": ("referrer", "referred by", "reported by", "referrer name"),
            "rank": ("job title", "referrer role"),
            "contact": ("referrer contact", "contact", "contact number", "telephone", "email"),
        },
    },
    texts=frozenset({"concern", "child_said"}),
    answers=frozenset(),
    careful={},
)  # fmt: skip
_PEOPLE = frozenset({"child", "adult", "person", "victim", "perpetrator", "suspect"})
_URGENCIES: dict[Urgency, str] = {each: each for each in URGENCIES if each != "not-stated"}
_NO_EMAIL = "The message is not an e-mail: it was read as text."
_AUTOMATIC = {
    "report": "A mail server's report on an e-mail: it tells of no child.",
    "reply": "An automatic answer to an e-mail: it tells of no child.",
}
_BY_A_PROGRAMME = (
    "A programme sent this e-mail by itself: where its words do not tell all, ask who runs it."
)


class Letter(Struct, frozen=True, omit_defaults=True):
    """What the labelled lines of an e-mail may hold."""

    reference: str = ""
    urgency: Literal["immediate", "urgent", "routine"] | None = None
    concern: str = ""
    child_said: str = ""
    writer: Officer = Officer()
    children: tuple[Present, ...] = ()
    adults: tuple[Present, ...] = ()
    addresses: tuple[Address, ...] = ()


def recognise(sent: Sent) -> bool:
    """Mail headers: whatever no format that asks for more has taken."""
    start = beginning(sent, 16 * 1024)
    return looks_like_email(start) or (sent.content_type or "").startswith("message/rfc822")


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    if not recognise(sent):
        problems.say(_NO_EMAIL)
        return [unread(sent, decoded(sent.body, problems), problems)]
    mail = email_of(sent.body, problems)
    found = labelled(mail.text[:LARGEST_READ], _LABELS)
    files = any(not each.inline for each in mail.attachments)
    nobody = not files and found.labels.isdisjoint(_PEOPLE)
    if mail.automatic == "report" or (mail.automatic == "reply" and nobody):
        return [_no_concern(_AUTOMATIC[mail.automatic], mail, sent)]
    if mail.automatic:
        problems.say(_BY_A_PROGRAMME)
    if found.labels.isdisjoint(_PEOPLE):
        said = _in_words(mail, found.values, problems)
    else:
        for sentence in found.problems:
            problems.say(sentence)
        said = _in_lines(mail, found.values, found.left_over, sent, problems)
    said = as_mailed(said, mail, sent)
    return [replace(said, intent="update", earlier=mail.answered) if mail.answered else said]


def _no_concern(reason: str, mail: Email, sent: Sent) -> Translation:
    """Kept, and out of the inbox; what could not be read of it is nobody's work."""
    text = shown("\n\n".join([reason, *_words(mail)]), Problems())
    return as_mailed(Translation(intent="no-concern", concern=text), mail, sent)


def _words(mail: Email) -> list[str]:
    """Subject, text and what is attached, each with a line of its own."""
    subject = [f"Subject: {mail.subject}"] if mail.subject else []
    return [each for each in (*subject, mail.text, "\n".join(mail.unshown())) if each]


def _in_words(mail: Email, values: dict[str, Any], problems: Problems) -> Translation:
    problems.say(NO_PERSON)
    told = values.get("urgency", "")
    urgency = urgency_in(told)
    if urgency is None:
        told_unknown("The urgency", told, problems)
    concern = shown("\n\n".join(_words(mail)), problems)
    if not mail.text.strip():
        problems.say("The e-mail has no words of its own: look at it as it came.")
    return Translation(concern=concern, urgency=urgency or "not-stated", problems=problems.told())


def _in_lines(
    mail: Email, values: dict[str, Any], left_over: list[str], sent: Sent, problems: Problems
) -> Translation:
    if len(mail.text) > LARGEST_READ:
        problems.say("The text is very long: only its beginning was read, the rest is kept.")
    fit = Fit(problems, own=True)
    fit.left_over.extend(left_over)
    letter = fit.fit(Letter, in_our_words(values, "urgency", _URGENCIES), "E-mail")
    addresses = addresses_of(letter.addresses, letter.adults)
    people = people_of(letter.children, letter.adults, addresses, sent.received_at, problems)
    people.told()
    kept = [*fit.left_over, *problems.kept]
    reference = reference_of(letter.reference)
    writer = letter.writer
    lines = [
        f"Subject: {mail.subject}" if mail.subject else "",
        letter.concern,
        f"What the child said: {letter.child_said}" if letter.child_said else "",
        f"Reference: {letter.reference}" if letter.reference else "",
        *mail.unshown(),
        "\n".join(["Also in the message:", *kept]) if kept else "",
    ]
    return Translation(
        references=(reference,) if reference else (),
        urgency=letter.urgency or "not-stated",
        concern=shown("\n".join(line for line in lines if line), problems),
        referrer=ReferrerDescribed(
            name=writer.name or mail.sender_name,
            role=writer.rank or None,
            contact=writer.contact or mail.sender_address or None,
        ),
        children=people.children(),
        adults=people.adults(),
        addresses=addresses,
        problems=problems.told(),
    )


# ── A made-up e-mail ──


def example(seed: int) -> bytes:
    """A made-up e-mail of a school, with a note attached as text."""
    return written(story(FORMAT.name, seed))


def written(told: Story) -> bytes:
    """The e-mail in which a designated safeguarding lead would tell this story."""
    number = f"EM-{told.reference}"
    lines = [
        f"From: {told.referrer} <safeguarding@school.example>",
        "To: front.door@exampleshire.example",
        f"Date: {format_datetime(told.at)}",
        f"Message-ID: <{number}@school.example>",
        f"Subject: Referral {number}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="part"',
        "",
        "--part",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Our reference: {number}",
        f"Urgency: {told.urgency}",
        f"Referrer: {told.referrer}",
        "Job title: Designated safeguarding lead",
        f"Contact: {told.telephone}",
        *(line for n, child in enumerate(told.children, start=1) for line in _child(n, child)),
        *(line for n, adult in enumerate(told.adults, start=1) for line in _adult(n, adult)),
        f"Address: {', '.join(told.lines)}, {told.postcode}",
        f"Concern: {told.concern}",
        "--part",
        'Content-Type: text/plain; charset=utf-8; name="note.txt"',
        'Content-Disposition: attachment; filename="note.txt"',
        "Content-Transfer-Encoding: 8bit",
        "",
        f"What the child said: {told.child_said}",
        "--part--",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _child(number: int, child: MadeUpChild) -> list[str]:
    return [
        f"Child {number}: {child.given_name} {child.family_name}",
        f"Date of birth: {child.born_on:%d/%m/%Y}",
        f"Sex: {'female' if child.sex == 'F' else 'male'}",
        f"School: {child.school}",
        *([f"NHS number: {child.nhs_number}"] if child.nhs_number else []),
    ]


def _adult(number: int, adult: MadeUpAdult) -> list[str]:
    return [
        f"Adult {number}: {adult.given_name} {adult.family_name}",
        f"Date of birth: {adult.born_on:%d/%m/%Y}",
        f"Role: {adult.role}",
        f"Contact: {adult.telephone}",
    ]

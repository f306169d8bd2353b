"""Are the records that may be one child's, or one family's, put to whoever may decide?"""

from contextlib import closing
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.event_store import EventStore
from adapters.made_up import made_up_nhs_number
from adapters.vault import Vault
from domain.policy import in_force
from projections import children
from services.access import COMMAND_LINE
from services.answers import MatchLine
from services.likeness import Details, scored
from services.matching import Compared, families, proposed
from tests.corruptions import Register, measured
from tests.parts.authority import DUTY, MANAGER, Authority

RULES = in_force(date(2026, 3, 10)).matching
NUMBERS = count(40)
IVO = {"given_name": "Ivo", "family_name": "Lund", "born": "03/03/2016", "postcode": "XE1 1AA"}


def sent(authority: Authority, sender: str = "open-door", **said: str) -> str:
    """The record of a child whom an agency describes, Ivo Lund if it says nothing else."""
    receipt = authority.concern(number=str(next(NUMBERS)), sender=sender, **{**IVO, **said})
    authority.catch_up()
    (child,) = receipt.children
    return child


def asked(authority: Authority, **how: Any) -> list[MatchLine]:
    return list(proposed(authority.parts, COMMAND_LINE, **how))


def pair(rows: list[MatchLine], *child_ids: str) -> MatchLine | None:
    return next((row for row in rows if set(row["children"]) == set(child_ids)), None)


def test_two_records_of_one_child_are_a_match_with_the_evidence_side_by_side(
    authority: Authority,
) -> None:
    one = sent(authority)
    other = sent(authority, "elm-surgery", given_name="IVO", postcode="XE1 4QT")
    row = pair(asked(authority), one, other)
    assert row is not None
    assert row["children"] == (one, other)  # the older first
    assert (row["outcome"], row["match"]) == ("Match", ":".join(sorted((one, other))))
    assert row["score"] > RULES.match
    by_detail = {each["detail"]: each for each in row["evidence"]}
    assert by_detail["first name"] == {
        "detail": "first name", "compares": "same", "values": ("Ivo", "IVO"),
    }  # fmt: skip
    assert by_detail["postcode"] == {"detail": "postcode", "compares": "differs"}
    assert by_detail["NHS number"]["compares"] == "unknown"


def test_of_three_records_as_likely_none_is_the_match(authority: Authority) -> None:
    ids = [sent(authority, sender) for sender in ("open-door", "elm-surgery", "city-hospital")]
    rows = [row for row in asked(authority) if set(row["children"]) <= set(ids)]
    assert [row["outcome"] for row in rows] == ["ManyMatch"] * 3


def test_a_sweep_finds_what_waiting_referrals_find_and_each_pair_once(authority: Authority) -> None:
    one, other = sent(authority), sent(authority, "elm-surgery", born="03/03/2015")
    swept = asked(authority, sweep=True)
    assert pair(swept, one, other) == pair(asked(authority), one, other) is not None
    assert len({row["match"] for row in swept}) == len(swept)
    scores = [row["score"] for row in swept]
    assert scores == sorted(scores, reverse=True)


def test_twins_and_namesakes_are_not_proposed(authority: Authority) -> None:
    one = sent(authority)
    twin = sent(authority, "elm-surgery", given_name="Nils")
    namesake = sent(authority, "city-hospital", born="29/11/2010", postcode="XE9 9ZZ")
    for rows in (asked(authority), asked(authority, sweep=True)):
        assert pair(rows, one, twin) is None
        assert pair(rows, one, namesake) is None


def test_a_pair_told_apart_is_not_proposed_again_and_a_merged_one_neither(
    authority: Authority,
) -> None:
    one, other = sent(authority), sent(authority, "elm-surgery")
    ids = {"child_id": other, "other_child_id": one, "reason": "Two births."}
    authority.give(MANAGER, "tell-records-apart", **ids)
    assert pair(asked(authority), one, other) is None
    assert pair(asked(authority, sweep=True), one, other) is None
    authority.give(MANAGER, "withdraw-telling-apart", **ids)
    assert pair(asked(authority, sweep=True), one, other)
    merged = {"child_id": one, "merged_child_id": other, "reason": "One birth."}
    authority.give(MANAGER, "merge-records", **merged)
    assert pair(asked(authority), one, other) is None
    assert pair(asked(authority, sweep=True), one, other) is None


def test_a_record_restricted_to_others_is_not_proposed_and_each_look_is_recorded(
    authority: Authority,
) -> None:
    one, other = sent(authority), sent(authority, "elm-surgery")
    who = authority.who(DUTY)
    assert pair(list(proposed(authority.parts, who)), one, other)
    look = authority.parts.gate.log.seen_by(other)[0]
    assert (look.person, look.action) == (DUTY, "search-children")
    named = {"child_id": one, "named": [MANAGER], "reason": "A colleague's child."}
    authority.give(MANAGER, "restrict-record", **named)
    assert pair(list(proposed(authority.parts, who)), one, other) is None


def test_one_surname_at_one_postcode_suggests_a_family_until_it_is_recorded(
    authority: Authority,
) -> None:
    one, sister = sent(authority), sent(authority, given_name="Ida", born="05/05/2013")
    rows = list(families(authority.parts, COMMAND_LINE))
    row = next(each for each in rows if set(each["children"]) == {one, sister})
    assert row["relation"] == "same household or family"
    assert row["evidence"] == ["surname and postcode"]
    for child, kin in ((one, sister), (sister, one)):
        authority.give(
            MANAGER, "record-relationship", child_id=child, other_child_id=kin, relation="sibling"
        )
    rows = list(families(authority.parts, COMMAND_LINE))
    assert not [each for each in rows if set(each["children"]) == {one, sister}]


def test_one_address_suggests_a_family(authority: Authority) -> None:
    one = sent(authority)
    other = sent(authority, given_name="Bo", family_name="Falk", postcode="XE5 5AA")
    for child, address in ((one, "1 High Street, Exampleton"), (other, "1 high street exampleton")):
        authority.give(MANAGER, "join-household", child_id=child, address=address)
    rows = list(families(authority.parts, COMMAND_LINE))
    row = next(each for each in rows if set(each["children"]) == {one, other})
    assert row["evidence"] == ["address or telephone number"]


def test_candidates_are_looked_up_by_key_and_nothing_else_is_opened(authority: Authority) -> None:
    one, other = sent(authority), sent(authority, "elm-surgery", given_name="Ivor")
    unlike = sent(authority, given_name="Zora", family_name="Quist", born="01/01/2009",
                  postcode="XE7 7AA")  # fmt: skip
    child = children.child(authority.parts.query, one)
    assert child is not None
    compared = Compared(authority.parts)
    assert [each.child.child_id for each in compared.candidates(child)] == [other]
    assert unlike not in compared.sharing(child)


def named(authority: Authority, *pid: str, control: str, sender: str = "city-hospital") -> str:
    """The record of a child whom a hospital refers: PID-3, PID-5, PID-7."""
    message = "\r".join(
        (
            f"MSH|^~\\&|EDIS|CITYHOSP|CSC|EXSHIRE|20260310091500||REF^I12|{control}|P|2.5",
            "PID|1||{}||{}||{}|F".format(*pid),
            "NTE|1||He was seen alone.\r",
        )
    )
    receipt = authority.send(message.encode(), sender)
    authority.catch_up()
    (child,) = receipt.children
    return child


def test_a_sender_s_own_number_of_two_records_is_shown_and_counts(authority: Authority) -> None:
    nameless = named(authority, "U77^^^RYY^MR", "Unknown", "", control="A1")
    ivo = named(authority, "U77^^^RYY^MR", "Lund^Ivo", "20160303", control="A2")
    for rows in (asked(authority), asked(authority, sweep=True)):
        row = pair(rows, nameless, ivo)
        assert row is not None
        assert row["outcome"] == "LowConfidence"
        detail = next(e for e in row["evidence"] if e["detail"] == "sender's own number")
        assert detail == {
            "detail": "sender's own number", "compares": "same", "values": ("U77", "U77"),
        }  # fmt: skip
    for one, other in ((nameless, ivo), (ivo, nameless)):
        child = children.child(authority.parts.query, one)
        assert child is not None
        assert [e.child.child_id for e in Compared(authority.parts).candidates(child)] == [other]


def test_the_same_number_of_two_senders_says_nothing(authority: Authority) -> None:
    one = named(authority, "U77^^^RYY^MR", "Unknown", "", control="A1")
    ivo = named(authority, "U77^^^RYY^MR", "Lund^Ivo", "20160303", control="A2",
                sender="elm-surgery")  # fmt: skip
    for rows in (asked(authority), asked(authority, sweep=True)):
        assert pair(rows, one, ivo) is None


def test_the_number_of_a_record_that_was_merged_counts_for_the_one_that_is_kept(
    authority: Authority,
) -> None:
    kept = sent(authority)
    merged = named(authority, "U77^^^RYY^MR", "Lund^Ivo", "20160303", control="A1")
    ids = {"child_id": kept, "merged_child_id": merged, "reason": "One birth."}
    authority.give(MANAGER, "merge-records", **ids)
    nameless = named(authority, "U77^^^RYY^MR", "Unknown", "", control="A2")
    for rows in (asked(authority), asked(authority, sweep=True)):
        assert pair(rows, kept, nameless) is not None


@pytest.mark.parametrize("number", ["N/A^^^RYY^MR", "0000^^^RYY^MR", "9990000019^^^NHS^NH"])
def test_what_stands_for_no_number_says_nothing(authority: Authority, number: str) -> None:
    one = named(authority, number, "Unknown^", "", control="A1")
    ivo = named(authority, number, "Lund^Ivo", "20160303", control="A2")
    assert pair(asked(authority, sweep=True), one, ivo) is None


def test_a_sender_s_own_number_links_nobody_and_proves_nothing(authority: Authority) -> None:
    one = named(authority, "U77^^^RYY^MR", "Lund^Ivo", "20160303", control="A1")
    other = named(authority, "U77^^^RYY^MR", "Lund^Ivo", "20160304", control="A2")
    assert one != other
    row = pair(asked(authority), one, other)
    assert row is not None
    assert row["outcome"] == "PotentialMatch"
    details = Details("Lund", "Ivo", date(2016, 3, 3))
    numbered = scored(details, replace(details, born_on=date(2011, 11, 30)), RULES, "U77")
    assert numbered.score <= RULES.contradicted_at_most


OLD, NEW = made_up_nhs_number(9_001), made_up_nhs_number(9_002)


@pytest.mark.parametrize("first_now", [True, False])
def test_a_number_that_was_replaced_speaks_for_one_child(
    authority: Authority, first_now: bool
) -> None:
    replaced = f"{NEW}^^^NHS^NH~{OLD}^^^NHS^NH^^^20250101"
    numbers = [f"{OLD}^^^NHS^NH", replaced]
    if first_now:
        numbers.reverse()
    lund = "Lund^Ivo", "20160303"
    one = named(authority, numbers[0], *lund, control="A1")
    other = named(authority, numbers[1], *lund, control="A2", sender="elm-surgery")
    assert one != other
    for rows in (asked(authority), asked(authority, sweep=True)):
        row = pair(rows, one, other)
        assert row is not None
        assert row["outcome"] == "Match"
        detail = next(e for e in row["evidence"] if e["detail"] == "NHS number")
        assert detail["compares"] == "same (superseded on one)"
        assert set(detail["values"]) == {OLD, NEW}


def test_a_number_that_was_replaced_finds_a_record_that_shares_nothing_else(
    authority: Authority,
) -> None:
    one = named(authority, f"{OLD}^^^NHS^NH", "Unknown", "", control="A1")
    replaced = f"{NEW}^^^NHS^NH~{OLD}^^^NHS^NH^^^20250101"
    other = named(authority, replaced, "Lund^Ivo", "20160303", control="A2", sender="elm-surgery")
    for each, found in ((one, other), (other, one)):
        child = children.child(authority.parts.query, each)
        assert child is not None
        assert [e.child.child_id for e in Compared(authority.parts).candidates(child)] == [found]
    kept = sent(authority)
    ids = {"child_id": kept, "merged_child_id": other, "reason": "One birth."}
    authority.give(MANAGER, "merge-records", **ids)
    for rows in (asked(authority), asked(authority, sweep=True)):
        assert pair(rows, kept, one) is not None, "what the merged record had counts, too"


# ── How alike ─────────────────────────────────────────────────────────────────────────────────────

ZOE = Details("Marlow", "Zoë", date(2017, 5, 4), "XE1 2AB", "9990000018", "F")
UNNUMBERED = replace(ZOE, nhs_number=None)


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        (ZOE, 0.99, 1),
        (replace(UNNUMBERED, postcode=None), 0.99, 1),
        (replace(UNNUMBERED, given_name="Marlow", family_name="Zoe"), 0.99, 1),
        (replace(UNNUMBERED, family_name="Marlowe"), 0.99, 1),
        (replace(ZOE, born_on=date(2017, 4, 5)), 0.99, 1),
        (replace(UNNUMBERED, born_on=date(2017, 4, 5)), 0.85, 0.94),
        (replace(UNNUMBERED, given_name="Zooe"), 0.85, 0.94),
        (replace(UNNUMBERED, given_name="Z"), 0.85, 0.94),
        (replace(UNNUMBERED, given_name=""), 0.85, 0.94),
        (replace(UNNUMBERED, given_name="Zoë Ann", postcode="XE1 2AC"), 0.85, 0.94),
        (replace(ZOE, given_name="Adam", sex="M"), 0.1, 0.84),
        (replace(ZOE, born_on=date(2012, 1, 1)), 0.1, 0.84),
        (Details("Marlow", "Zoë"), 0.1, 0.5),
        (replace(UNNUMBERED, given_name="Adam", sex="M"), 0, 0.1),
        (replace(UNNUMBERED, given_name="Ann"), 0, 0.1),
        (replace(UNNUMBERED, born_on=date(2012, 1, 1)), 0, 0.1),
        (replace(ZOE, nhs_number="9990000026", given_name="Zoey"), 0, 0.94),
        (Details(), 0, 0.1),
    ],
)
def test_a_score_is_as_high_as_what_speaks_for_it(
    other: Details, least: float, most: float
) -> None:
    score = scored(ZOE, other, RULES).score
    assert least <= score <= most
    assert scored(other, ZOE, RULES) == scored(ZOE, other, RULES)


# ── Many of them ──────────────────────────────────────────────────────────────────────────────────


def test_of_two_thousand_wrong_descriptions_none_is_linked_to_another_child(
    tmp_path: Path,
) -> None:
    vault = Vault.open(tmp_path / "keys", durable=False)
    with closing(vault), closing(EventStore.open(tmp_path, vault, durable=False)) as store:
        register = Register(store, RULES, children=600, seed=7)
        told = [register.take(sent) for sent in register.corrupted(2_000)]
    assert [each for each in told if each.wrong_link] == []
    assert sum(each.linked is not None for each in told) > 200
    outcomes = measured(told)
    assert outcomes["Match"].precision > 0.99
    assert outcomes["PotentialMatch"].precision > 0.9
    known = [each for each in told if each.sent.about is not None]
    assert sum(each.sent.about in each.asked for each in known) > 0.97 * len(known)
    matched = {each.sent.kind for each in told if each.outcome == "Match"}
    assert not [kind for kind in matched if kind.startswith("new ")]

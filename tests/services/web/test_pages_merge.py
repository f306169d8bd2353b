"""Is a child with two records found, and can a manager make one of them, and two again?"""

import re
from typing import Any

import pytest

from tests.parts.authority import DUTY, MANAGER, OTHER_MANAGER, WORKER
from tests.parts.site import Site, Visitor, words_of

IVO = {"given_name": "Ivo", "family_name": "Lund", "born": "03/03/2016"}


def twice(site: Site, **more: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Ivo as two agencies send him, without an NHS number: (referral, child) of each."""
    first = site.authority.concern(number="9", postcode="XE1 1AA", **IVO)
    second = site.authority.concern(number="10", sender="elm-surgery", **{**IVO, **more})
    (one,), (other,) = first.children, second.children
    assert one != other
    return (str(first.referral), one), (str(second.referral), other)


def page(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return words_of(answer)


# ── Perhaps already known ─────────────────────────────────────────────────────────────────────────


def test_a_child_sent_by_two_agencies_is_shown_beside_the_other_record(site: Site) -> None:
    (_, one), (referral, other) = twice(site, given_name="ivo", postcode="XE1 4QT")
    visitor = site.visitor(DUTY)
    answer = visitor.get(f"/referrals/{referral}")
    words = words_of(answer)
    assert (
        "Perhaps already known Ivo Lund . Record since 10 March 2026, from Open Door, no case."
        in words
    )
    assert "First name ivo Ivo agrees Surname Lund Lund agrees Sex Female Female agrees" in words
    assert "Date of birth 3 March 2016 3 March 2016 agrees" in words
    assert "NHS number not given not given cannot be compared" in words
    assert "Postcode not shown not shown differs" in words
    assert "ask a manager who may open both records" in words
    assert "merge-records" not in answer.text  # a duty worker may not
    assert f'href="/children/{one}"' in answer.text
    look = site.authority.parts.gate.log.seen_by(one)[0]
    assert (look.person, look.action) == (DUTY, "search-children")
    assert (
        f"/children/{other}/merge-records?of={one}"
        in site.visitor(MANAGER).get(f"/referrals/{referral}").text
    )


def test_of_postcodes_it_is_said_how_they_compare_and_what_they_are_only_when_asked_for(
    site: Site,
) -> None:
    (_, one), (referral, _) = twice(site)
    visitor = site.visitor(DUTY)
    answer = visitor.get(f"/referrals/{referral}")
    assert "XE1 1AA" not in answer.text
    assert "Postcode not shown not shown differs" in words_of(answer)
    words = page(visitor, f"/referrals/{referral}?addresses=shown")
    assert "Postcode XE1 4QT XE1 1AA differs" in words
    assert site.authority.parts.gate.log.seen_by(one)[0].action == "see-address"


def test_a_namesake_born_on_another_day_is_counted_and_not_shown(site: Site) -> None:
    _, (referral, _) = twice(site, born="14/09/2012")
    words = page(site.visitor(DUTY), f"/referrals/{referral}")
    assert "Perhaps already known" not in words
    assert "1 other record has this name, with another date of birth." in words


def test_whoever_is_on_duty_tells_two_records_apart_from_the_referral(site: Site) -> None:
    (_, one), (referral, other) = twice(site)
    visitor = site.visitor(DUTY)
    path = f"/children/{other}/tell-records-apart"
    assert f'href="{path}?of={one}"' in visitor.get(f"/referrals/{referral}").text
    form = page(visitor, f"{path}?of={one}")
    assert "Tell two records apart" in form
    assert "The other record Ivo Lund, born 3 March 2016" in form
    looks = site.authority.parts.gate.log.seen_by(one)
    assert "see-child" in [look.action for look in looks]
    answer = visitor.send_form(path, {"of": one, "reason": "They have other parents."})
    assert "another child's" in words_of(visitor.follow(answer))
    assert "Perhaps already known" not in page(visitor, f"/referrals/{referral}")
    for of in (other, "child-nobody"):
        assert visitor.get(f"{path}?of={of}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "likely"),
    [
        ({"given_name": "Ivor"}, "Likely the same child (score 0.94)"),
        ({"family_name": "Lundt"}, "Very likely the same child (score 1.00)"),
        ({"given_name": "Lund", "family_name": "Ivo"}, "Very likely the same child (score 1.00)"),
        ({"born": "04/03/2016"}, "Likely the same child (score 0.94)"),
        ({"given_name": "Zora", "born": "13/03/2016"}, ""),
    ],
)
def test_a_child_who_is_misspelt_is_shown_with_how_likely_it_is_the_same(
    site: Site, wrong: dict[str, str], likely: str
) -> None:
    first = site.authority.concern(number="9", postcode="XE1 1AA", **IVO)
    second = site.authority.concern(
        number="10", sender="elm-surgery", postcode="XE1 1AA", **{**IVO, **wrong}
    )
    assert first.children != second.children
    words = page(site.visitor(DUTY), f"/referrals/{second.referral}")
    assert ("Perhaps already known Ivo Lund" in words) is bool(likely)
    assert likely in words


def test_a_record_told_apart_is_not_shown_again_until_that_is_withdrawn(site: Site) -> None:
    (_, one), (referral, other) = twice(site)
    pair = {"child_id": other, "other_child_id": one}
    site.authority.give(MANAGER, "tell-records-apart", **pair, reason="They are cousins.")
    assert "Perhaps already known" not in page(site.visitor(DUTY), f"/referrals/{referral}")
    site.authority.give(MANAGER, "withdraw-telling-apart", **pair, reason="One birth only.")
    assert "Perhaps already known" in page(site.visitor(DUTY), f"/referrals/{referral}")


def test_a_hospital_s_own_number_of_two_records_is_shown_beside_what_they_say(site: Site) -> None:
    message = (
        "MSH|^~\\&|EDIS|CITYHOSP|CSC|EXSHIRE|20260310091500||REF^I12|{0}|P|2.5\r"
        "PID|1||U77^^^RYY^MR||{1}||20160303|F\rNTE|1||He was seen alone.\r"
    )
    sent = (message.format(*each).encode() for each in (("A1", "Lund^Ivo"), ("A2", "Lund^Ivor")))
    _, second = (site.authority.send(each, "city-hospital") for each in sent)
    words = page(site.visitor(DUTY), f"/referrals/{second.referral}")
    assert "Sender's own number U77 U77 agrees" in words


def test_a_number_that_replaced_the_other_record_s_is_not_shown_to_differ(site: Site) -> None:
    message = (
        "MSH|^~\\&|EDIS|CITYHOSP|CSC|EXSHIRE|20260310091500||REF^I12|A1|P|2.5\r"
        "PID|1||9990000131^^^NHS^NH~9990000042^^^NHS^NH^^20250101^20260101||Boateng^Kofi"
        "||20140911|M\rNTE|1||He was seen alone.\r"
    )
    receipt = site.authority.send(message.encode(), "city-hospital")
    path, kofi = f"/referrals/{receipt.referral}", site.authority.children["kofi"]
    said = "NHS number 9990000131 9990000042 agrees (superseded on one)"
    assert said in page(site.visitor(DUTY), path)
    given = {"referral_id": receipt.referral}
    for command, child in (("add-child", kofi), ("remove-child", receipt.children[0])):
        why = {"reason": "It is Kofi."} if command == "remove-child" else {}
        site.authority.give(DUTY, command, child_id=child, **given, **why)
    words = page(site.visitor(DUTY), path)
    assert "As described On record First name Kofi Kofi agrees" in words
    assert said in words


def test_the_record_that_has_the_same_number_is_shown_with_what_differs(site: Site) -> None:
    sent = {"given_name": "Kojo", "born": "12/09/2014", "nhs_number": "9990000042"}
    receipt = site.authority.concern(number="9", **sent)
    words = page(site.visitor(DUTY), f"/referrals/{receipt.referral}")
    assert "Perhaps already known Kofi Boateng" in words
    assert "First name Kojo Kofi differs Surname Boateng Boateng agrees" in words
    assert "Date of birth 12 September 2014 11 September 2014 nearly agrees" in words
    assert "NHS number 9990000042 9990000042 agrees" in words


def test_what_only_one_record_has_is_not_said_to_differ(site: Site) -> None:
    (_, one), _ = twice(site)
    later = site.authority.concern(number="12", **{**IVO, "given_name": ""}, postcode="")
    visitor = site.visitor(MANAGER)
    merging = page(visitor, f"/children/{later.children[0]}/merge-records?of={one}")
    for words in (page(visitor, f"/referrals/{later.referral}"), merging):
        assert "First name not given Ivo cannot be compared Surname Lund Lund agrees" in words
        assert "Postcode not shown not shown cannot be compared" in words
        assert "differs" not in words


def test_a_boy_and_his_sister_are_shown_to_differ(site: Site) -> None:
    def born(number: str, **more: str) -> tuple[str, str]:
        child = {"family_name": "Nancarrow", "date_of_birth": "01/02/2026", **more}
        receipt = site.authority.concern(number=number, children=(child,))
        return str(receipt.referral), receipt.children[0]

    one, other = born("21", given_name="Piran", sex="male"), born("22", sex="female")
    words = page(site.visitor(DUTY), f"/referrals/{other[0]}")
    assert "Sex Female Male differs" in words
    assert "First name not given Piran cannot be compared" in words
    assert "Postcode not shown not shown agrees" in words
    words = page(site.visitor(MANAGER), f"/children/{one[1]}/merge-records?of={other[1]}")
    assert "Sex Male Female differs" in words


def test_what_is_typed_about_a_record_that_is_closed_does_not_name_it(site: Site) -> None:
    kofi, lena = site.authority.children["kofi"], site.authority.children["lena"]
    restricted = {"child_id": lena, "named": [OTHER_MANAGER], "reason": "Her uncle works here."}
    site.authority.write("restrict-record", OTHER_MANAGER, **restricted)
    absent = lena[:-1] + ("0" if lena[-1] != "0" else "1")
    pages = []
    for of in (lena, absent):
        typed = {"of": of, "keep": kofi, "reason": "They look alike."}
        answer = site.visitor(MANAGER).send_form(f"/children/{kofi}/merge-records", typed)
        assert answer.status_code == 404
        assert "They look alike." in words_of(answer)
        pages.append(words_of(answer).replace(of, "…"))
    assert pages[0] == pages[1]
    assert "Lena" not in pages[0]


def test_a_record_restricted_to_others_is_not_found(site: Site) -> None:
    (_, one), (referral, _) = twice(site)
    named = {"child_id": one, "named": [MANAGER], "reason": "A colleague's child."}
    site.authority.give(MANAGER, "restrict-record", **named)
    words = page(site.visitor(DUTY), f"/referrals/{referral}")
    assert "Perhaps already known" not in words
    assert "other record" not in words


def test_a_new_record_is_no_evidence_for_itself(shared_site: Site) -> None:
    referral = shared_site.authority.referrals["late"]
    words = page(shared_site.visitor(DUTY), f"/referrals/{referral}")
    about = words.split("Whom it is about")[1].split("What is due")[0]
    assert "Ama Boateng New record made from this referral" in about
    assert "NHS number 9990000026" in about
    assert "agrees" not in about
    assert "As described" not in about


def test_a_second_message_that_differs_from_the_new_record_is_said_to(site: Site) -> None:
    first = site.authority.concern(number="9", **IVO)
    site.authority.concern(number="9", **{**IVO, "family_name": "Lunde"})
    words = page(site.visitor(DUTY), f"/referrals/{first.referral}")
    assert "New record made from this referral" in words
    assert "As described" not in words  # no evidence for itself, but beside the other record
    assert "Surname Lund Lunde nearly agrees" in words
    assert "Surname Lunde Lund nearly agrees" in words


# ── One record of two ─────────────────────────────────────────────────────────────────────────────


def merge(visitor: Visitor, child: str, **fields: Any) -> Any:
    return visitor.send_form(f"/children/{child}/merge-records", fields)


def test_a_manager_merges_the_records_from_the_referral_and_comes_back_to_it(site: Site) -> None:
    (_, one), (referral, other) = twice(site)
    visitor = site.visitor(MANAGER)
    form = page(visitor, f"/children/{other}/merge-records?of={one}&referral={referral}")
    assert "Is it the same child?" in form
    assert "Date of birth 3 March 2016 3 March 2016 agrees" in form
    assert "Nothing is deleted." in form
    unsaid = merge(visitor, other, of=one, referral=referral)
    assert unsaid.status_code == 422
    assert "Select the record that is kept" in words_of(unsaid)
    assert "Enter how you know that it is the same child" in words_of(unsaid)
    said = {"keep": one, "reason": "Both agencies gave the same school.", "referral": referral}
    answer = merge(visitor, other, of=one, command_id="a" * 32, **said)
    words = words_of(visitor.follow(answer))
    assert "The two records are one now." in words
    assert "Ivo Lund Known before" in words
    assert "Perhaps already known" not in words
    again = merge(visitor, other, of=one, command_id="a" * 32, **said)
    assert "nothing was done twice" in words_of(visitor.follow(again))
    assert visitor.get(f"/children/{other}").headers["location"] == f"/children/{one}"


def test_merged_records_are_separated_again(site: Site) -> None:
    (_, one), (referral, other) = twice(site)
    visitor = site.visitor(MANAGER)
    path = f"/children/{one}/separate-records"
    assert visitor.get(path).status_code == 404  # there is nothing to separate
    assert "Separate a merged record" not in page(visitor, f"/children/{one}")
    answer = merge(visitor, one, of=other, keep=one, reason="The same boy.")
    assert "Another record found to be about this child" in words_of(visitor.follow(answer))
    assert "Separate a merged record" in page(visitor, f"/children/{one}")
    assert "Ivo Lund, born 3 March 2016" in page(visitor, path)
    said = {"merged_child_id": other, "reason": "Cousins.", "happened_at-day": "10"}
    said |= {"happened_at-month": "3", "happened_at-year": "2026", "happened_at-time": "9am"}
    words = words_of(visitor.follow(visitor.send_form(path, said)))
    assert "Records found to be about different children" in words
    assert "Perhaps already known" in page(visitor, f"/referrals/{referral}")


def test_a_record_in_between_is_separated_from_the_one_it_was_merged_into(site: Site) -> None:
    (_, one), (_, other) = twice(site)
    (third,) = site.authority.concern(number="11", sender="city-hospital", **IVO).children
    visitor = site.visitor(MANAGER)
    merge(visitor, other, of=third, keep=other, reason="The same.")
    merge(visitor, one, of=other, keep=one, reason="The same.")
    site.authority.catch_up()
    said = {"merged_child_id": third, "reason": "Cousins.", "happened_at-day": "10"}
    said |= {"happened_at-month": "3", "happened_at-year": "2026", "happened_at-time": "9am"}
    answer = visitor.send_form(f"/children/{one}/separate-records", said)
    assert answer.status_code == 303, words_of(answer)
    assert visitor.get(f"/children/{third}").status_code == 200
    assert visitor.get(f"/children/{other}").status_code == 303


def test_the_other_record_is_chosen_among_the_likely_ones_or_searched_for(site: Site) -> None:
    (_, one), (_, other) = twice(site)
    visitor, path = site.visitor(MANAGER), f"/children/{one}/merge-records"
    answer = visitor.get(path)
    assert "With the same name or NHS number" in words_of(answer)
    assert re.findall(r"/children/[^\"]*of=[^\"]*", answer.text) == [f"{path}?of={other}"]
    found = visitor.send_form(path, do="search", words="jonah")
    assert site.authority.children["jonah"] in found.text
    nobody = visitor.send_form(path, do="search", words="lund zebedee")
    assert "No other record was found" in words_of(nobody)
    assert visitor.send_form(path, do="search", words=" ").status_code == 422


def test_what_was_merged_meanwhile_is_said_to_be_done(site: Site) -> None:
    (_, one), (_, other) = twice(site)
    visitor = site.visitor(MANAGER)
    site.authority.write(
        "merge-records", MANAGER, child_id=one, merged_child_id=other, reason="The same."
    )
    late = merge(visitor, other, of=one, keep=other, reason="The same.")
    assert "nothing was done twice" in words_of(visitor.follow(late))


@pytest.mark.parametrize("person", [DUTY, WORKER, OTHER_MANAGER])
def test_only_a_manager_of_both_merges_or_separates(shared_site: Site, person: str) -> None:
    visitor = shared_site.visitor(person)
    kofi, lena = (shared_site.authority.children[each] for each in ("kofi", "lena"))
    assert visitor.get(f"/children/{kofi}/merge-records?of={lena}").status_code == 404
    assert merge(visitor, kofi, of=lena, keep=kofi, reason="x").status_code == 404
    assert visitor.get(f"/children/{kofi}/separate-records").status_code == 404


# ── What a merge leaves on a referral ─────────────────────────────────────────────────────────────

WHEN = {"happened_at-day": "10", "happened_at-month": "3"}
WHEN |= {"happened_at-year": "2026", "happened_at-time": "9am"}


def decided(site: Site, referral: str, **more: str) -> None:
    """Nothing of it is left to do for anybody on duty."""
    decision = {"outcome": "advice", "rationale": "Seen.", "authorised_by": OTHER_MANAGER, **more}
    site.authority.give(DUTY, "decide-referral", referral_id=referral, **decision)
    site.authority.give(DUTY, "tell-referrer", referral_id=referral, words="He was seen.")


def test_the_referral_tells_the_case_of_the_record_that_was_kept(site: Site) -> None:
    receipt = site.authority.concern(number="9", **IVO)
    (ivo,) = receipt.children
    kofi = site.authority.children["kofi"]
    merge(site.visitor(MANAGER), ivo, of=kofi, keep=kofi, reason="The same boy.")
    site.authority.catch_up()
    words = page(site.visitor(DUTY), f"/referrals/{receipt.referral}")
    assert "Open case; Tom Akers is the social worker" in words
    assert "No case" not in words


def test_a_child_of_two_records_on_a_referral_is_listed_once_and_taken_off_once(
    site: Site,
) -> None:
    (_, one), (referral, other) = twice(site)
    site.authority.give(DUTY, "add-child", referral_id=referral, child_id=one)
    merge(site.visitor(MANAGER), other, of=one, keep=one, reason="The same boy.")
    site.authority.catch_up()
    visitor = site.visitor(DUTY)
    html = visitor.get(f"/referrals/{referral}").text
    assert html.count("The referral is not about Ivo Lund") == 1
    assert "Ivo Lund, Ivo Lund" not in html
    (link,) = re.findall(r"remove-child\?of=(child-[0-9a-f-]+)", html)
    taken = {"of": link, "reason": "Another boy."}
    visitor.follow(visitor.send_form(f"/referrals/{referral}/remove-child", taken))
    assert "No child is on this referral yet" in page(visitor, f"/referrals/{referral}")


def test_a_merged_or_restricted_child_is_not_asked_for_again(site: Site) -> None:
    receipt = site.authority.concern(number="9", **IVO)
    (ivo,) = receipt.children
    kofi, path = site.authority.children["kofi"], f"/referrals/{receipt.referral}"
    manager = site.visitor(MANAGER)
    merge(manager, ivo, of=kofi, keep=kofi, reason="He goes by both names.")
    site.authority.catch_up()
    assert "not on this referral yet" not in page(site.visitor(DUTY), path)
    named = {"named": [MANAGER], "reason": "A colleague's child."}
    site.authority.give(MANAGER, "restrict-record", child_id=kofi, **named)
    words = page(site.visitor(DUTY), path)
    assert "Restricted record" in words
    assert "not on this referral yet" not in words
    assert "Find or register" not in words


def test_the_manager_of_either_record_or_whoever_merged_them_separates(site: Site) -> None:
    (first, one), (referral, other) = twice(site)
    kofi = site.authority.children["kofi"]
    merge(site.visitor(OTHER_MANAGER), other, of=one, keep=one, reason="The same boy.")
    merge(site.visitor(MANAGER), one, of=kofi, keep=kofi, reason="The same boy.")
    site.authority.catch_up()
    told = page(site.visitor(DUTY), f"/referrals/{referral}")
    assert "If they are two children's, Ines Moreau, who merged them, or " in told
    assert ", or a manager of East separates them again." in told
    for each in (first, referral, site.authority.referrals["known"]):
        decided(site, each)
    west = site.visitor(OTHER_MANAGER)
    assert west.get(f"/children/{one}").status_code == 404
    path, said = f"/children/{kofi}/separate-records", {"reason": "Cousins.", **WHEN}
    assert site.visitor(WORKER).get(path).status_code == 404
    manager = site.visitor(MANAGER)
    manager.follow(manager.send_form(path, {"merged_child_id": one, **said}))
    site.authority.catch_up()
    mistaken = f"/children/{one}/separate-records"
    assert west.get(mistaken).status_code == 200
    answer = west.send_form(mistaken, {"merged_child_id": other, **said})
    assert answer.status_code == 303, words_of(answer)


def test_what_was_typed_is_shown_again_when_it_may_not_be_given(shared_site: Site) -> None:
    kofi, absent = shared_site.authority.children["kofi"], "child-" + "0" * 32
    visitor = shared_site.visitor(OTHER_MANAGER)
    typed = {"merged_child_id": absent, "reason": "They are <cousins>.", **WHEN}
    for child in (kofi, absent):
        answer = visitor.send_form(f"/children/{child}/separate-records", typed)
        assert answer.status_code == 404
        words = words_of(answer)
        assert "They are <cousins>." in words
        assert "not stored" in words


def test_whoever_may_not_separate_reads_on_the_childs_page_who_can(site: Site) -> None:
    (_, one), _ = twice(site)
    kofi = site.authority.children["kofi"]
    merge(site.visitor(MANAGER), one, of=kofi, keep=kofi, reason="The same boy.")
    site.authority.catch_up()
    told = page(site.visitor(WORKER), f"/children/{kofi}")
    assert "Ines Moreau, who merged them, or a manager of East separates them again." in told
    own = page(site.visitor(MANAGER), f"/children/{kofi}")
    assert "1 merged into this one" in own
    assert "Separate a merged record" in own

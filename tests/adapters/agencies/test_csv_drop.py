"""Is a table of referrals read row by row, however the spreadsheet saved it?"""

import re
from datetime import date
from pathlib import Path

import pytest

from adapters.agencies import csv_drop
from adapters.translation import Translation
from tests.adapters.messages import format_named, recognised, sent, translated

NAMES = "reference,child_1_given_name,child_1_family_name,child_1_date_of_birth,what_happened"


def rows(text: str | bytes, file_name: str | None = "drop.csv") -> list[Translation]:
    return format_named("csv").translate(sent(text, file_name=file_name))


def test_a_row_opens_a_referral() -> None:
    (said,) = rows(f"{NAMES}\nR1,Amira,Holt,04/05/2016,She cried\n")
    assert said.intent == "new"
    assert said.references == ("R1",)
    assert said.children[0].given_name == "Amira"
    assert said.children[0].born_on == date(2016, 5, 4)
    assert said.concern == "What happened: She cried"
    assert (said.row, said.problems) == (1, ())


def test_each_row_of_several_is_one_with_its_own_bytes() -> None:
    one, two = rows(f"{NAMES}\r\nR1,A,Holt,04/05/2016,x\r\nR2,B,Holt,04/05/2017,y\r\n")
    assert (one.row, two.row) == (1, 2)
    assert two.raw == f"{NAMES}\nR2,B,Holt,04/05/2017,y\n".encode()
    assert one.key != two.key


def test_a_row_is_known_again_by_its_values_and_the_name_of_the_file() -> None:
    text = f"{NAMES}\nR1,A,Holt,04/05/2016,x\n"
    key = rows(text)[0].key
    assert rows(text.replace("\n", "\r\n"))[0].key == key
    assert rows(text, "other.csv")[0].key != key
    assert rows(text.replace("R1", "R2"))[0].key != key


def test_a_row_has_the_same_bytes_when_the_file_goes_on_after_it() -> None:
    row = "R1,A,Holt,04/05/2016,x"
    alone, among = rows(f"{NAMES}\r\n{row}"), rows(f"{NAMES}\n{row}\nR2,B,Holt,04/05/2017,y\n")
    assert (alone[0].key, alone[0].raw) == (among[0].key, among[0].raw)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_values_is_found(sign: str) -> None:
    text = f"{NAMES}\nR1,A,Holt,04/05/2016,x\n".replace(",", sign)
    assert rows(text)[0].children[0].family_name == "Holt"
    assert recognised(text) == "csv"


@pytest.mark.parametrize(
    "names",
    [
        "Reference,Child 1 First Name,Child 1 Surname,Child 1 DOB,What happened",
        "REFERENCE,child-1-forename,CHILD1LASTNAME,child 1 birth date,Concerns",
        "reference,Given Name,Family Name,Date of Birth,Notes",
        "\ufeffsubmission id,child given name,child family name,child dob,details",
    ],
)
def test_column_names_are_read_in_any_spelling(names: str) -> None:
    (said,) = rows(f"{names}\nR1,Amira,Holt,04/05/2016,x\n")
    assert said.children[0].given_name == "Amira"
    assert said.children[0].born_on == date(2016, 5, 4)
    assert said.problems == ()


def test_eight_children_fit_a_row() -> None:
    names = ",".join(f"child {n} name,child {n} dob" for n in range(1, 9))
    values = ",".join(f"A{n} Holt,04/05/2016" for n in range(1, 9))
    (said,) = rows(f"{names},notes\n{values},x\n")
    assert len(said.children) == 8
    assert said.problems == ()


def test_quoted_values_may_hold_line_ends_and_quotation_marks() -> None:
    (said,) = rows(f'{NAMES}\nR1,A,Holt,04/05/2016,"one\r\n""two"", three"\n')
    assert said.concern == 'What happened: one\r\n"two", three'


def test_a_formula_is_data() -> None:
    (said,) = rows(f"{NAMES}\nR1,=1+1,@Holt,04/05/2016,+x\n")
    assert (said.children[0].given_name, said.children[0].family_name) == ("=1+1", "@Holt")


def test_columns_without_a_place_are_told_without_their_names_and_shown() -> None:
    (said,) = rows("given name,surname,Email,what hapened,dob\nA,Holt,a@b.example,x,04/05/2016\n")
    assert "1 column is not known: it is shown with the concern." in said.problems
    assert "A column looks like “what happened” misspelled: it was not used." in said.problems
    assert not any("Email" in problem or "hapened" in problem for problem in said.problems)
    assert said.concern == "Also in the message:\nEmail: a@b.example\nwhat hapened: x"


@pytest.mark.parametrize(
    "name", ["Referral ID", "ref", "Ref. No.", "Referral Reference", "Reference number", "Our ref"]
)
def test_the_column_of_the_senders_reference_goes_by_many_names(name: str) -> None:
    (said,) = rows(f"{name};Child First Name;Child Surname;DOB;Concern\nR1;A;Holt;04/05/2016;x\n")
    assert (said.references, said.problems) == (("R1",), ())


def test_a_misspelt_column_is_told_by_the_name_that_it_is_like() -> None:
    (said,) = rows("given name,surname,dob,notes,referal date\nA,Holt,04/05/2016,x,1/2/2026\n")
    assert said.problems == ("A column looks like “referral date” misspelled: it was not used.",)


def test_every_column_that_the_page_tells_is_read_and_none_is_missing() -> None:
    page = (Path(__file__).parents[3] / "docs" / "agencies" / "tables.md").read_text()
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    names = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    places = [csv_drop._KNOWN[csv_drop._plain(name)] for name in names]
    assert {(part, field) for part, _, field in places} == {
        (part, field) for part, _, field in csv_drop._KNOWN.values()
    }


HIDDEN = "reference,first name,surname,dob,address,postcode,concern"


@pytest.mark.parametrize(
    ("column", "answer"),
    [
        ("address confidential", "Yes"),
        ("Confidential address", "9 Hidden Row"),
        ("Postcode of the refuge", "XE9 9ZZ"),
        ("Not to be disclosed", "to her father"),
        ("Adress 2nd", "9 Hidden Row"),
        ("confidential?", "see letter"),
    ],
)
def test_a_column_that_may_ask_for_care_with_an_address_restricts_it(
    column: str, answer: str
) -> None:
    (said,) = rows(f"{HIDDEN},{column}\nR1,A,Holt,04/05/2016,1 Mill Lane,XE1 1AA,x,{answer}\n")
    assert [each.restricted for each in said.addresses] == [True]
    assert said.children[0].postcode is None
    assert "Hidden Row" not in said.concern
    assert "XE9" not in said.concern
    assert "father" in said.concern or "father" not in answer


@pytest.mark.parametrize(
    ("column", "answer"),
    [("address confidential", "No"), ("Email address", "a@b.example"), ("School address", "Hill")],
)
def test_a_column_that_asks_for_no_care_restricts_nothing(column: str, answer: str) -> None:
    (said,) = rows(f"{HIDDEN},{column}\nR1,A,Holt,04/05/2016,1 Mill Lane,XE1 1AA,x,{answer}\n")
    assert [each.restricted for each in said.addresses] == [False]
    assert answer in said.concern or answer == "No"


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("Matters to be addressed", "Dad threatens them at night"),
        ("Risks addressed with the parents", "They said it would go on"),
        ("What we need to address", "Dad threatens them"),
        ("Concerns about address", "The kitchen has no floor"),
        ("Child whereabouts", "not seen since Sunday"),
        ("Who lives at home", "Mum and three sisters"),
        ("Letter addressee", "Dr Holt"),
        ("Addressee", "Dr Holt"),
        ("His own words", "I live in fear of him and of 3 men"),
        ("Placed by", "Social worker"),
    ],
)
def test_words_under_a_name_that_only_sounds_like_an_address_are_shown(
    column: str, words: str
) -> None:
    (said,) = rows(f"{HIDDEN},{column}\nR1,A,Holt,04/05/2016,1 Mill Lane,XE1 1AA,,{words}\n")
    assert f"{column}: {words}" in said.concern
    assert not any("misspelled" in problem for problem in said.problems)


def test_a_street_and_a_postal_code_are_where_the_child_lives() -> None:
    (said,) = rows(
        "surname,dob,concern,Street,Postal code\nHolt,04/05/2016,x,1 Mill Lane,XE1 1AA\n"
    )
    assert [(each.lines, each.postcode) for each in said.addresses] == [
        (("1 Mill Lane",), "XE1 1AA")
    ]
    assert "Mill" not in said.concern


@pytest.mark.parametrize(
    ("column", "answer", "restricted"),
    [
        ("Street", "9 Hidden Row", True),
        ("Home address", "Hidden", True),
        ("Street", "1 Mill Lane", False),
    ],
)
def test_another_address_in_a_second_column_is_shown_to_nobody(
    column: str, answer: str, restricted: bool
) -> None:
    (said,) = rows(f"{HIDDEN},{column}\nR1,A,Holt,04/05/2016,1 Mill Lane,XE1 1AA,x,{answer}\n")
    assert answer not in said.concern
    assert [each.restricted for each in said.addresses] == [restricted]


@pytest.mark.parametrize("column", ["IP address", "School address"])
def test_an_address_where_nobody_lives_is_no_misspelling(column: str) -> None:
    (said,) = rows(f"{HIDDEN},{column}\nR1,A,Holt,04/05/2016,1 Mill Lane,XE1 1AA,x,Hill\n")
    assert f"{column}: Hill" in said.concern
    assert "1 column is not known: it is shown with the concern." in said.problems


@pytest.mark.parametrize(
    ("column", "answer"),
    [
        ("Whereabouts", "9 Hidden Row"),
        ("Where mother lives now", "in Leeds XE9 9ZZ"),
        ("Address history", "moved from 9 Hidden Row"),
        ("Address line 4", "Hidden Row"),
        ("Mother's refuge", "Hidden Haven"),
        ("Send letters to address", "9 Hidden Row"),
        ("Placed with", "9 Hidden Row XE9 9ZZ"),
        ("Whereabouts", "Hidden Haven refuge"),
    ],
)
def test_where_somebody_lives_is_not_shown_and_that_is_said(column: str, answer: str) -> None:
    (said,) = rows(f"{HIDDEN},{column}\nR1,A,Holt,04/05/2016,1 Mill Lane,XE1 1AA,x,{answer}\n")
    assert "Hidden" not in said.concern
    assert "XE9" not in said.concern
    assert [each.restricted for each in said.addresses] == [True]
    assert any("is not shown with the concern" in problem for problem in said.problems)


def test_two_columns_of_one_name_about_a_place_are_both_shown() -> None:
    (said,) = rows(f"{HIDDEN},Whereabouts,Whereabouts\nR1,A,Holt,,,,x,not seen,with his gran\n")
    assert "not seen" in said.concern
    assert "with his gran" in said.concern


def test_a_column_that_stands_twice_loses_nothing() -> None:
    (said,) = rows("given name,surname,surname,dob,notes\nA,Holt,Dow,04/05/2016,x\n")
    assert said.children[0].family_name == "Holt"
    assert "surname: Dow" in said.concern
    assert any("stands twice" in problem for problem in said.problems)


def test_a_row_too_short_or_too_long_is_told() -> None:
    short, long = rows(f"{NAMES}\nR1,A\nR2,B,Holt,04/05/2016,x,more\n")
    assert "The row ends early: values are missing at its end." in short.problems
    assert "The row holds more values than there are columns." in long.problems
    assert "more" in long.concern


def test_a_quotation_mark_that_is_never_closed_is_told() -> None:
    (said,) = rows(f'{NAMES}\nR1,A,Holt,04/05/2016,"x\nR2,B,Holt,04/05/2016,y\n')
    assert any("quotation mark" in problem for problem in said.problems)
    assert "R2" in said.concern


def test_blank_rows_are_no_referrals() -> None:
    assert len(rows(f"{NAMES}\n,,,,\n\nR1,A,Holt,04/05/2016,x\n , , , ,\n")) == 1


@pytest.mark.parametrize("text", [NAMES, f"{NAMES}\n", f"{NAMES}\r\n,,,,\r\n"])
def test_a_table_without_rows_is_kept_for_a_person(text: str) -> None:
    (said,) = rows(text)
    assert said.problems == ("The table holds no row below the names of its columns.",)


@pytest.mark.parametrize("text", ["please ring me about a child", "7", "a,b,c\n1,2,3\n", '"a\rb'])
def test_what_is_no_table_is_shown_as_text(text: str) -> None:
    (said,) = rows(text)
    assert said.concern == text.strip()
    assert any("names no columns" in problem for problem in said.problems)


def test_an_adult_is_never_a_child() -> None:
    (said,) = rows(f"{NAMES}\nR1,A,Holt,04/05/1980,x\n")
    assert said.children == ()
    assert said.problems == ("The subject is an adult: no child is named.",)


def test_who_refers_who_is_there_and_where_are_read() -> None:
    names = "referrer,organisation,adult 1 name,adult 1 role,address,town,postcode,urgent,consent"
    values = "Sam Dow,Hill School,Jo Holt,mother,1 Mill Lane,Town,xe1 1aa,yes,no"
    (said,) = rows(f"{NAMES},{names}\nR1,A,Holt,04/05/2016,x,{values}\n")
    assert (said.referrer.name, said.referrer.organisation) == ("Sam Dow", "Hill School")
    assert (said.adults[0].given_name, said.adults[0].role) == ("Jo", "mother")
    assert said.addresses[0].lines == ("1 Mill Lane", "Town")
    assert (said.urgency, said.consent, said.problems) == ("urgent", False, ())


@pytest.mark.parametrize(
    ("urgent", "urgency"),
    [("Yes", "urgent"), ("no", "not-stated"), ("Immediate", "immediate"), ("same day", "urgent")],
)
def test_a_column_tells_how_urgent_it_is(urgent: str, urgency: str) -> None:
    (said,) = rows(f"{NAMES},urgent\nR1,A,Holt,04/05/2016,x,{urgent}\n")
    assert (said.urgency, said.problems) == (urgency, ())
    (both,) = rows(f"{NAMES},urgency,urgent\nR1,A,Holt,04/05/2016,x,routine,{urgent}\n")
    assert both.urgency == ("routine" if urgency == "not-stated" else urgency)


def test_an_urgency_that_is_not_understood_is_said_and_shown() -> None:
    (said,) = rows(f"{NAMES},urgent\nR1,A,Holt,04/05/2016,x,by tea time\n")
    assert said.urgency == "not-stated"
    assert said.problems == ("Form: urgency could not be read.",)
    assert "urgency: by tea time" in said.concern


def test_what_follows_the_last_row_that_is_read_is_kept_together() -> None:
    found = rows(f"{NAMES}\n" + "R,A,Holt,04/05/2016,x\n" * 2003)
    assert len(found) == 2001
    assert found[-1].concern.count("Holt") == 3
    assert found[-1].row == 2001
    assert found[-1].problems


def test_the_line_that_a_spreadsheet_puts_first_is_skipped() -> None:
    text = f"sep=;\r\n{NAMES}\nR1,A,Holt,04/05/2016,x\n".replace(",", ";")
    assert rows(text)[0].problems == ()


def test_windows_characters_are_read_and_told() -> None:
    said = translated("csv", f"{NAMES}\nR1,Zoë,Holt,04/05/2016,x\n".encode("windows-1252"))
    assert said.children[0].given_name == "Zoë"
    assert any("Windows-1252" in problem for problem in said.problems)


def test_characters_that_the_transport_declares_are_believed() -> None:
    body = f"{NAMES}\nR1,Zoë,Holt,04/05/2016,x\n".encode("windows-1252")
    said = translated("csv", body, content_type="text/csv; charset=windows-1252")
    assert said.children[0].given_name == "Zoë"
    assert said.problems == ()


def test_a_table_is_recognised_by_its_columns_or_its_file_name() -> None:
    assert recognised(f"{NAMES}\n") == "csv"
    assert recognised("anything", file_name="Drop.CSV") == "csv"
    assert recognised("surname, and nothing else") is None


@pytest.mark.parametrize("number", ["1", "0017", "1999", "#12", "2.0", "n/a", "-", "unknown"])
def test_a_number_that_only_counts_the_rows_is_no_reference(number: str) -> None:
    said = translated(
        "csv", f"reference,child 1 surname,child 1 dob,notes\n{number},Holt,04/05/2016,x\n"
    )
    assert (said.references, said.problems) == ((), ())
    assert f"Reference: {number}" in said.concern


@pytest.mark.parametrize("answer", ["Confidential", "x", "refuge", "do not disclose"])
def test_an_address_is_restricted_by_whatever_is_no_plain_no(answer: str) -> None:
    table = (
        f"Reference,Concern,Address,Postcode,Restricted\nR-77,seen,1 Mill Lane,XE1 1AA,{answer}\n"
    )
    said = translated("csv", table)
    assert said.addresses[0].restricted
    assert answer in said.concern
    assert any("restricted could not be read" in problem for problem in said.problems)

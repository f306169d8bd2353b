"""Is what a page is made of worded, escaped and complete, with or without scripts?"""

import re
from datetime import UTC, date, datetime

import pytest
from jinja2 import UndefinedError, nodes
from lxml import html
from msgspec import Struct
from msgspec.structs import replace

from services.web import templating
from services.web.charts import Measure, Week, run_chart
from services.web.form import Field, Fields, Form, Group, read, start
from services.web.templating import LONDON, TEMPLATES, Frame, Link, environment, render

OWN = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
FRAME = Frame(person="Priya Nair", csrf_token="token-1")  # noqa: S106 - a token that opens nothing
AT = datetime(2026, 11, 9, 16, 5, tzinfo=UTC)


class Entry(Struct, frozen=True):
    position: int = 41
    title: str = "Visit made"
    agency: str = "Exampleshire Council"
    by: str = "Priya Nair"
    happened_at: datetime = AT
    received_at: datetime = AT
    recorded_at: datetime = AT
    text: str | None = "Seen alone."
    superseded_by: int | None = None
    href: str = ""


def shown(content: str, frame: Frame = FRAME, **rows: object) -> str:
    """The HTML of a page with this content."""
    source = (
        '{% extends "layout.html" %}{% import "macros.html" as m %}'
        "{% block title %}Amara Osei{% endblock %}{% block content %}"
        f"<h1>Amara Osei</h1>{content}{{% endblock %}}"
    )
    return environment().from_string(source).render(frame=frame, **rows)


def text_of(page: str) -> str:
    return " ".join(html.fromstring(page).text_content().split())


# ── Wording ──────────────────────────────────────────────────────────────────────────────────────


def test_a_day_is_worded_as_people_say_it() -> None:
    assert templating.govdate(date(2026, 11, 9)) == "9 November 2026"
    assert templating.govdate(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "2 July 2026"


@pytest.mark.parametrize(
    ("hour", "minute", "worded"),
    [
        *[(0, 0, "midnight"), (0, 5, "12:05am"), (9, 0, "9:00am"), (12, 0, "midday")],
        *[(12, 1, "12:01pm"), (16, 5, "4:05pm"), (23, 59, "11:59pm")],
    ],
)
def test_a_time_is_worded_to_the_minute(hour: int, minute: int, worded: str) -> None:
    assert templating.govtime(datetime(2026, 11, 9, hour, minute, tzinfo=LONDON)) == worded


def test_a_time_comes_with_its_day_as_the_clock_on_the_wall_shows_it() -> None:
    assert templating.govmoment(AT) == "Monday 9 November 2026 at 4:05pm"
    summer = datetime(2026, 6, 9, 16, 5, tzinfo=UTC)
    assert templating.govmoment(summer) == "Tuesday 9 June 2026 at 5:05pm"


def test_of_what_happened_on_a_day_no_time_is_told_that_nobody_told() -> None:
    assert templating.govhappened(AT) == templating.govmoment(AT)
    day = datetime(2026, 6, 9, tzinfo=LONDON)
    assert templating.govhappened(day) == "Tuesday 9 June 2026"


def test_a_time_without_a_zone_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="time zone"):
        templating.govtime(datetime(2026, 11, 9))  # noqa: DTZ001


def test_weeks_counts_and_working_days_are_worded() -> None:
    assert templating.govweek("2026-W47") == "week of 16 November 2026"
    assert [templating.number(count) for count in (1204, 16.5, 16.0)] == ["1,204", "16.5", "16"]
    assert templating.plural(1, "child", "children") == "1 child"
    assert templating.plural(1204, "event") == "1,204 events"
    worded = [templating.time_left(days) for days in (2, 1, 0, -1, -34)]
    assert worded == [
        *["2 working days left", "1 working day left", "due today"],
        *["1 working day late", "34 working days late"],
    ]


# ── Our own templates ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("template", OWN)
def test_every_template_compiles_and_uses_only_pieces_that_there_are(template: str) -> None:
    made = environment()
    made.get_template(template)
    pieces = {name for name in dir(made.get_template("macros.html").module) if name[0] != "_"}
    tree = made.parse((TEMPLATES / template).read_text())
    used = {
        node.attr
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == "m"
    }
    assert used <= pieces


def test_the_frame_takes_nothing_but_the_frame_and_the_form_of_a_page() -> None:
    assert templating.names_used("layout.html") == {"frame", "form"}


def test_a_page_that_is_not_given_all_its_rows_is_an_error_and_no_blank() -> None:
    with pytest.raises(KeyError, match=r"layout\.html is not given form"):
        render("layout.html", FRAME)
    assert "Exampleshire Council" in render("layout.html", FRAME, form=start({}))


def test_a_row_that_lacks_what_a_page_shows_is_an_error_and_no_blank() -> None:
    with pytest.raises(UndefinedError, match="has no attribute 'titel'"):
        shown("{{ entry.titel }}", entry=Entry())


# ── The frame ────────────────────────────────────────────────────────────────────────────────────


def test_a_tab_can_be_told_by_the_beginning_of_its_title() -> None:
    titles = [
        html.fromstring(shown("{{ m.error_summary(form) }}", form=form)).findtext(".//title")
        for form in (start({}), start({}).with_error("", "This case is closed."))
    ]
    assert titles == ["Amara Osei - Safeguarding", "Error: Amara Osei - Safeguarding"]


def test_a_page_says_what_its_reader_must_know_before_trusting_it() -> None:
    plain = text_of(shown(""))
    told = text_of(
        shown(
            "",
            replace(
                FRAME, made_up=True, behind=1204, parked=1, as_known_at=AT, now_href="/children/c"
            ),
        )
    )
    for words in (
        "Made-up data No real child is shown.",
        "These pages are 1,204 events behind.",
        "These pages are incomplete: 1 record could not be shown and has been reported.",
        "As known on Monday 9 November 2026 at 4:05pm. What was recorded later is left out.",
    ):
        assert words in told
        assert words not in plain


def test_the_place_that_is_being_read_is_marked_in_the_navigation() -> None:
    links = (Link("Duty inbox", "/inbox", here=True), Link("Teams", "/teams"))
    page = html.fromstring(shown("", replace(FRAME, navigation=links)))
    assert page.xpath("//*[@aria-current]/@href") == ["/inbox"]


def test_no_page_holds_an_inline_style_or_script_or_keeps_itself_in_the_browser() -> None:
    weeks = [Week(f"2026-W{week}", float(week)) for week in range(10, 40)]
    chart = run_chart(Measure("Visits", "visits", "higher"), weeks, "visits")
    page = shown(
        "{{ m.figure(chart) }}{{ m.timeline(entries) }}{{ m.pagination(3, 9, '/c?a=1') }}",
        replace(FRAME, made_up=True, behind=1),
        chart=chart,
        entries=[Entry()],
    )
    parsed = html.fromstring(page)
    assert not parsed.xpath(
        "//@style | //style | //script[not(@src)] | //@*[starts-with(name(),'on')]"
    )
    assert '"historyCacheSize": 0' in page


def test_words_of_others_are_escaped_everywhere() -> None:
    evil = "<script>alert(1)</script>"
    page = shown(
        "{% call m.heading(evil, evil, [(evil, evil)]) %}{{ m.tag(evil) }}{% endcall %}"
        "{{ m.timeline([entry]) }}{{ m.summary_list([(evil, evil, evil, evil)]) }}"
        "{{ m.empty(evil, evil) }}{{ m.urgency_tag(evil) }}"
        "{% call(row) m.table(evil, [{'key': evil, 'text': evil}], [evil]) %}"
        "{{ m.head(row, row) }}{{ m.cell(row, href=row) }}{% endcall %}"
        "{% call m.post_form(evil, evil, evil) %}{{ m.text(form, 'name') }}"
        "{{ m.textarea(form, 'name') }}{{ m.select(form, 'name') }}{{ m.radios(form, 'name') }}"
        "{{ m.checkboxes(form, 'name') }}{{ m.moment(form, 'name') }}{% endcall %}"
        "{{ m.error_summary(form) }}",
        replace(FRAME, person=evil, council=evil, navigation=(Link(evil, evil),)),
        evil=evil,
        entry=Entry(title=evil, agency=evil, by=evil, text=evil, href=evil),
        form=start(
            {"name": Field(evil, hint=evil, choices={evil: evil})}, {"name": evil}
        ).with_error("name", evil),
    )
    assert "<script>" not in page
    assert evil in html.fromstring(page).text_content()


# ── Pieces ───────────────────────────────────────────────────────────────────────────────────────


def test_a_timeline_item_tells_when_it_happened_and_when_it_was_known() -> None:
    late = Entry(recorded_at=datetime(2026, 11, 16, 9, 12, tzinfo=UTC), superseded_by=44)
    told = text_of(shown("{{ m.timeline(entries) }}", entries=[late]))
    assert "Monday 9 November 2026 at 4:05pm Exampleshire Council, Priya Nair" in told
    assert "Received Monday 9 November 2026 at 4:05pm, recorded Monday 16 November" in told
    assert "Corrected later See the correction" in told
    prompt = text_of(shown("{{ m.timeline(entries) }}", entries=[Entry()]))
    assert "Received" not in prompt


def test_words_that_a_reader_may_not_see_are_said_to_be_withheld() -> None:
    told = text_of(shown("{{ m.timeline(entries) }}", entries=[Entry(text=None)]))
    assert "Withheld: you may not see these words, or they have been destroyed." in told


@pytest.mark.parametrize(
    ("state", "due", "days", "worded"),
    [
        ("overdue", date(2026, 11, 9), -3, "3 working days late due 9 November 2026"),
        ("overdue", AT, None, "Overdue due Monday 9 November 2026 at 4:05pm"),
        ("running", date(2026, 11, 9), 0, "Due today 9 November 2026"),
        ("running", date(2026, 11, 9), 1, "Due next working day 9 November 2026"),
        ("running", date(2026, 11, 9), 3, "3 working days left, due 9 November 2026"),
        ("running", AT, None, "due Monday 9 November 2026 at 4:05pm"),
        ("met", date(2026, 11, 9), 2, "In time was due 9 November 2026"),
        ("met-late", date(2026, 11, 9), -2, "Done late was due 9 November 2026"),
        ("stopped", date(2026, 11, 9), 2, "Stopped was due 9 November 2026"),
    ],
)
def test_a_deadline_is_said_in_words_and_not_by_colour_alone(
    state: str, due: date, days: int | None, worded: str
) -> None:
    piece = "<p id=it>{{ m.deadline(state, due, days) }}</p>"
    page = html.fromstring(shown(piece, state=state, due=due, days=days))
    assert " ".join(page.get_element_by_id("it").text_content().split()) == worded


def test_a_table_is_sorted_by_links_that_keep_the_other_choices() -> None:
    page = html.fromstring(
        shown(
            "{% call(row) m.table('Overdue', columns, rows, sort='due', href='/team?week=1') %}"
            "{{ m.head(row) }}{{ m.cell(row, numeric=true) }}{% endcall %}",
            columns=[
                {"key": "child", "text": "Child", "sortable": True},
                {"key": "due", "text": "Due", "sortable": True},
            ],
            rows=["Amara Osei"],
        )
    )
    assert page.xpath("//th[@aria-sort]/@aria-sort") == ["none", "ascending"]
    assert page.xpath("//th/a/@href") == [
        "/team?week=1&sort=child&order=asc",
        "/team?week=1&sort=due&order=desc",
    ]
    assert page.xpath("//div[@role='region' and @tabindex='0']")


def test_a_table_without_rows_says_so() -> None:
    piece = "{% call(row) m.table('Inbox', [], [], empty='Nobody is waiting.') %}{% endcall %}"
    assert "Inbox Nobody is waiting." in text_of(shown(piece))


def test_a_chart_stands_under_its_finding_and_above_its_figures() -> None:
    chart = run_chart(Measure("Visits", "visits", "higher"), [Week("2026-W47", 3)], "visits")
    figure = html.fromstring(shown("{{ m.figure(chart) }}", chart=chart)).find(".//figure")
    assert figure is not None
    assert [part.tag for part in figure] == ["figcaption", "div", "details"]
    assert "Visits: 3 visits in the week of 16 November 2026." in (figure[0].text_content())
    assert figure.xpath(".//td/text()") == ["Week of 16 November 2026", "3 visits"]


# ── Forms ────────────────────────────────────────────────────────────────────────────────────────


class Action(Struct):
    what: str


class Visit(Struct):
    seen_at: datetime
    alone: bool
    said: str
    worker: str
    agencies: tuple[str, ...]
    actions: tuple[Action, ...]
    people: int


FIELDS: Fields = {
    "seen_at": Field("When?", "the time of the visit"),
    "alone": Field("Alone?", "the child was seen alone"),
    "said": Field("What did the child say?", "what the child said"),
    "worker": Field("Social worker", "a social worker", choices={"p-1": "Priya", "p-2": "Tom"}),
    "agencies": Field("Who?", "who took part", choices={"police": "Police", "health": "Health"}),
    "actions": Group("Action", {"what": Field("What", "what to do")}, rows=2),
    "people": Field("People in the home"),
}
FORM = (
    "{{ m.error_summary(form) }}"
    "{% call m.post_form('/visits', frame.csrf_token, 'Record', command_id='id-1') %}"
    "{{ m.moment(form, 'seen_at') }}{{ m.radios(form, 'alone') }}{{ m.textarea(form, 'said') }}"
    "{{ m.select(form, 'worker') }}{{ m.checkboxes(form, 'agencies') }}{{ m.text(form, 'people') }}"
    "{% call(row) m.group(form, 'actions') %}{{ m.text(form, row ~ 'what') }}{% endcall %}"
    "{% endcall %}"
)


def sent_back(page: str) -> list[tuple[str, str]]:
    """What a browser would send if the page's form were sent as it is shown."""
    form = html.fromstring(page).xpath("//form[@action='/visits']")[0]
    return [
        # a browser drops the line break that opens a text area; this parser keeps it
        (name, value.removeprefix("\n") if name == "said" else value)
        for name, value in form.form_values()
        if name not in ("_csrf_token", "command_id")
    ]


def test_a_form_with_errors_gives_back_all_that_was_typed() -> None:
    typed = [
        *[("seen_at-day", "31"), ("seen_at-month", "2"), ("seen_at-year", "26")],
        *[
            ("seen_at-time", "half"),
            ("alone", "yes"),
            ("said", "\n  <b>“No”</b>\n\n    then left "),
        ],
        *[("worker", "p-2"), ("agencies", "police"), ("agencies", "health"), ("people", 'x"y')],
        *[("actions-0-what", ""), ("actions-1-what", " "), ("actions-2-what", "Call")],
    ]
    form: Form[Visit] = read(Visit, [*typed, ("actions-2-what", "Call")], FIELDS)
    assert set(form.errors) == {"seen_at", "people"}
    page = shown(FORM, form=form)
    assert sorted(sent_back(page)) == sorted(typed)


def test_every_error_is_listed_and_leads_to_the_input_that_it_is_about() -> None:
    form: Form[Visit] = read(Visit, [("seen_at-day", "3")], FIELDS)
    page = html.fromstring(shown(FORM, form=form))
    links = page.xpath("//*[@data-module='govuk-error-summary']//a")
    assert [link.text for link in links] == list(form.errors.values())
    for link in links:
        assert page.get_element_by_id(link.get("href").removeprefix("#")).get("name")
    for message in form.errors.values():
        assert len(re.findall(re.escape(message), page.text_content())) == 2


def test_what_is_wrong_with_the_whole_form_is_listed_too() -> None:
    form = start(FIELDS).with_error("", "This case is closed.")
    assert "There is a problem This case is closed." in text_of(shown(FORM, form=form))


def test_a_form_carries_its_token_and_the_id_of_its_command() -> None:
    page = html.fromstring(shown(FORM, form=start(FIELDS)))
    hidden = page.xpath("//form[@action='/visits']//input[@type='hidden']")
    assert [(one.name, one.value) for one in hidden] == [
        ("_csrf_token", "token-1"),
        ("command_id", "id-1"),
    ]

"""Can a page be used in a real browser: under its policy, on a telephone, without scripts?"""

import mimetypes

import pytest
from playwright.sync_api import Browser, Page, Route

from services.web.charts import Measure, Week, run_chart
from services.web.form import Field, start
from services.web.templating import CONTENT_SECURITY_POLICY, STATIC, Frame, Link, environment

ADDRESS = "http://safeguarding.test/"
FRAME = Frame(
    person="Priya Nair, social worker",
    navigation=(Link("Duty inbox", "/inbox", here=True), Link("Teams", "/teams")),
    made_up=True,
    behind=12,
    live="/live",
    csrf_token="token-1",  # noqa: S106 - a token that opens nothing
)
SAMPLE = """{% extends "layout.html" %}{% import "macros.html" as m %}
{% block title %}Amara Osei{% endblock %}
{% block content %}{{ m.error_summary(form) }}{{ m.heading("Amara Osei", "Child") }}
{{ m.figure(chart) }}
{% call(row) m.table("Overdue", columns, columns) %}{% for one in columns %}{{ m.cell(row.text) }}
{% endfor %}{% endcall %}
{% call m.post_form("/visits", frame.csrf_token, "Record the visit") %}
{{ m.textarea(form, "said") }}{% endcall %}{% endblock %}"""


def serve(route: Route) -> None:
    """The sample page and the real assets, with the policy that the pages are served under."""
    path = route.request.url.removeprefix(ADDRESS)
    if path == "live":
        stream = {"Content-Type": "text/event-stream"}
        route.fulfill(body="retry: 600000\n\nevent: changed\ndata:\n\n", headers=stream)
        return
    if path.startswith("static/"):
        asset = STATIC / path.removeprefix("static/")
        kind = mimetypes.guess_type(asset.name)[0]
        route.fulfill(body=asset.read_bytes(), headers={"Content-Type": kind or ""})
        return
    weeks = [Week(f"2026-W{week}", float(week)) for week in range(10, 40)]
    form = start({"said": Field("What did the child say?")}).with_error("said", "Enter the words")
    html = (
        environment()
        .from_string(SAMPLE)
        .render(
            frame=FRAME,
            form=form,
            chart=run_chart(Measure("Visits", "visits", "higher"), weeks, "visits"),
            columns=[{"key": f"c-{one}", "text": f"Column number {one}"} for one in range(8)],
        )
    )
    policy = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Content-Type": "text/html"}
    route.fulfill(body=html, headers=policy)


@pytest.mark.browser
def test_the_scripts_run_under_the_policy_and_lead_to_the_errors(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/*", serve)
    page.goto(ADDRESS)
    summary = page.locator(".govuk-error-summary")
    summary.get_by_role("link", name="Enter the words").click()
    assert page.evaluate("document.activeElement.name") == "said"
    assert page.evaluate("htmx.config.historyCacheSize") == 0
    assert all(url.startswith(ADDRESS) for url in asked)


@pytest.mark.browser
def test_a_page_hears_that_something_changed_and_not_what(page: Page) -> None:
    page.add_init_script(
        "addEventListener('changed', () => document.documentElement.dataset.heard = 'yes', true)"
    )
    page.route("**/*", serve)
    page.goto(ADDRESS)
    # Waiting for a function would evaluate a string, which the page's policy refuses.
    page.locator("html[data-heard]").wait_for(state="attached")


@pytest.mark.browser
def test_on_a_telephone_only_tables_and_drawings_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.route("**/*", serve)
    page.goto(ADDRESS)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    region = page.get_by_role("region", name="Overdue")
    assert region.evaluate("one => one.scrollWidth > one.clientWidth")
    page.get_by_role("button", name="Menu").click()
    assert page.get_by_role("link", name="Teams").is_visible()


@pytest.mark.browser
def test_without_scripts_everything_is_there(browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.route("**/*", serve)
        page.goto(ADDRESS)
        assert page.get_by_role("link", name="Teams").is_visible()
        assert page.get_by_role("button", name="Record the visit").is_visible()
        page.get_by_text("The figures as a table").click()
        assert page.get_by_role("cell", name="39 visits").is_visible()


@pytest.mark.browser
def test_on_paper_there_is_nothing_that_can_only_be_clicked(page: Page) -> None:
    page.route("**/*", serve)
    page.goto(ADDRESS)
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Amara Osei").is_visible()
    assert not page.get_by_role("button", name="Sign out").is_visible()
    assert not page.get_by_text("The figures as a table").is_visible()

"""Can the duty worker, in a browser, find a concern, decide it and undo a mistake?"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.web.session import HOURS
from tests.parts.authority import AUDITOR, DUTY, MANAGER, NAMES, form
from tests.parts.axe import Faults
from tests.parts.site import Site

pytestmark = pytest.mark.browser

STEP_MILLISECONDS = 10_000


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A page in a browser without scripts, as wide as a telephone."""
    with browser.new_context(
        java_script_enabled=False,
        locale="en-GB",
        timezone_id="Europe/London",
        viewport={"width": 375, "height": 800},
    ) as context:
        context.set_default_timeout(STEP_MILLISECONDS)
        yield context.new_page()


def sign_in(page: Page, site: Site, name: str) -> None:
    page.goto(f"{site.address}/sign-in")
    page.get_by_role("button", name=name).first.click()


def test_five_concerns_are_found_decided_and_one_mistake_is_undone(page: Page, site: Site) -> None:
    from adapters.translation import formats

    for seed, each in enumerate(formats().values(), 50):
        site.authority.send(each.example(seed))
    sign_in(page, site, NAMES[DUTY])
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(page.locator(".app-cards tbody tr")).to_have_count(4 + len(formats()))
    page.get_by_role("link", name="Late").click()
    page.get_by_role("link", name="Ama Boateng").click()
    expect(page.get_by_role("main")).to_contain_text("Ama had a bruise on her arm")
    page.get_by_role("button", name="Decide").click()

    # Interrupted in the middle: nothing typed is lost, and what is missing is said.
    page.get_by_label("Why?").fill("She is known to the nursery.")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("alert")).to_contain_text("Select what happens next")
    expect(page.get_by_label("Why?")).to_have_value("She is known to the nursery.")
    page.get_by_label("No further action").check()
    page.get_by_role("button", name="Record the decision").dblclick()
    expect(page.get_by_role("alert")).to_contain_text("The decision is recorded.")
    expect(page.get_by_role("complementary")).to_contain_text("Decided: No further action")

    page.get_by_role("link", name="Reopen it").click()
    page.get_by_label("Why is it reopened?").fill("The wrong button.")
    page.get_by_role("button", name="Reopen it").click()
    expect(page.get_by_role("main")).to_contain_text("Waits for a decision")


def test_a_concern_that_names_nobody_is_worked_on_without_scripts(plain: Page, site: Site) -> None:
    sign_in(plain, site, NAMES[DUTY])
    plain.get_by_role("link", name="No child named", exact=True).last.click()
    plain.get_by_role("link", name="What is due, and what to do").click()
    plain.get_by_role("link", name="Add a child").click()
    plain.get_by_label("Name", exact=True).fill("Kofi")
    plain.get_by_role("button", name="Search").click()
    plain.get_by_label("Kofi Boateng").check()
    plain.get_by_label("How do you know").fill("The sergeant rang back.")
    plain.get_by_role("button", name="It is this child").click()
    expect(plain.get_by_role("alert")).to_contain_text("The child is on this referral.")
    expect(plain.get_by_role("heading", level=1)).to_have_text("Kofi Boateng")


def test_a_session_that_ends_in_mid_form_loses_nothing(plain: Page, site: Site) -> None:
    sign_in(plain, site, NAMES[DUTY])
    plain.goto(f"{site.address}/referrals/{site.authority.referrals['late']}/screen-referral")
    plain.get_by_label("Amber").check()
    plain.get_by_label("Level 3").check()
    plain.get_by_label("Why?").fill("It took an hour\nto write this.")
    site.authority.clock.move(hours=HOURS, minutes=1)
    plain.get_by_role("button", name="Record the screening").click()
    plain.get_by_role("button", name="Sign in again as Grace Ofori").click()
    expect(plain.get_by_role("main")).to_contain_text("It took an hour")
    plain.get_by_role("button", name="Send it").click()
    expect(plain.get_by_role("alert")).to_contain_text("The screening is recorded.")
    expect(plain.get_by_role("complementary")).to_contain_text("to write this.")


def test_a_referrer_sends_a_concern_and_hears_what_became_of_it(plain: Page, site: Site) -> None:
    sign_in(plain, site, "Elm Surgery")
    plain.get_by_role("button", name="Send a concern").click()
    plain.get_by_label("What happened, or what have you seen?").fill("Noor has a burn.")
    plain.get_by_label("Urgent").check()
    plain.get_by_label("First name").first.fill("Noor")
    plain.get_by_label("Surname").first.fill("Aziz")
    plain.get_by_label("Your name").fill("Dr Elm")
    plain.get_by_role("button", name="Send", exact=True).click()
    expect(plain.get_by_role("alert")).to_contain_text("Your concern has arrived.")
    where = plain.url.partition("?")[0]

    sign_in(plain, site, NAMES[DUTY])
    plain.goto(where)
    plain.get_by_role("button", name="Decide").click()
    plain.get_by_label("Information and advice given").check()
    plain.get_by_label("Why?").fill("An accident, seen by the ward.")
    plain.get_by_role("button", name="Record the decision").click()
    plain.get_by_role("button", name="Tell the referrer").click()
    plain.get_by_label("What is the referrer told?").fill("We have spoken to the family.")
    plain.get_by_role("button", name="Record what they were told").click()
    expect(plain.get_by_role("alert")).to_be_visible()

    sign_in(plain, site, "Elm Surgery")
    plain.goto(where)
    expect(plain.get_by_role("main")).to_contain_text("We have spoken to the family.")
    expect(plain.get_by_role("main")).not_to_contain_text("seen by the ward")


NARROW, WIDE = 375, 1280


def test_every_page_is_clean_and_fits_a_telephone(page: Page, site: Site, faults: Faults) -> None:
    wanted = site.authority.referrals
    site.authority.send(form(number="9", given_name="Ivo"), key="key-9")
    conflict = site.authority.send(form(number="9", given_name="Iva"), key="key-9").referral
    aside = site.authority.set_aside(form(number="10"))
    lost = site.authority.lose(3)
    put_away = site.authority.set_aside(b"")
    site.authority.give(DUTY, "settle-message", quarantine_id=put_away, why="It is empty.")
    places = {
        "": ("/sign-in",),
        NAMES[DUTY]: (
            "/inbox",
            "/inbox/decided",
            f"/referrals/{wanted['known']}",
            f"/referrals/{wanted['unread']}",
            f"/referrals/{conflict}",
            f"/referrals/{wanted['late']}/decide-referral",
            f"/referrals/{wanted['unread']}/add-child",
            f"/referrals/{wanted['unread']}/messages/33",
            "/feeds",
            "/feeds/quarantine",
            f"/feeds/quarantine/{aside}",
            f"/feeds/quarantine/{lost}",
            "/feeds/quarantine?settled=yes",
            f"/feeds/quarantine/{put_away}",
            "/nowhere",
        ),
        NAMES[MANAGER]: (f"/referrals/{wanted['untold']}/authorise-decision",),
        "Open Door": (
            "/referrals",
            f"/referrals/{wanted['decided']}",
            f"/referrals/{wanted['decided']}/ask",
            "/referrals/new",
        ),
        NAMES[AUDITOR]: (
            "/log",
            f"/log/{wanted['late']}",
            f"/log/{wanted['decided']}/3",
            "/looks",
        ),
    }
    for name, paths in places.items():
        if name:
            sign_in(page, site, name)
        for path in paths:
            page.set_viewport_size({"width": WIDE, "height": 900})
            page.goto(f"{site.address}{path}")
            assert faults(page) == [], path
            page.set_viewport_size({"width": NARROW, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, path
            if path in ("/inbox", f"/referrals/{wanted['known']}"):
                assert faults(page) == [], (path, NARROW)


def test_a_form_with_errors_leads_to_each_of_them(page: Page, site: Site, faults: Faults) -> None:
    sign_in(page, site, NAMES[DUTY])
    page.goto(f"{site.address}/referrals/{site.authority.referrals['late']}/decide-referral")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Enter why").click()
    expect(page.get_by_label("Why?")).to_be_focused()

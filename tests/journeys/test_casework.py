"""Can a child be helped, from the decision on a referral to a plan, in a browser, by its words?"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.parts.authority import DUTY, MANAGER, NAMES, WORKER
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


def sign_in(page: Page, site: Site, person: str) -> None:
    page.goto(f"{site.address}/sign-in")
    page.get_by_role("button", name=NAMES[person]).first.click()


def open_child(page: Page, site: Site, child: str) -> None:
    page.goto(f"{site.address}/children/{site.authority.children[child]}")


def record(page: Page, link: str, button: str) -> None:
    """Send the form that was opened; the child's page says that it is recorded."""
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(link)


def test_a_referral_becomes_a_case_an_assessment_and_its_authorisation(
    page: Page, site: Site
) -> None:
    sign_in(page, site, DUTY)
    page.goto(f"{site.address}/referrals/{site.authority.referrals['late']}/decide-referral")
    page.get_by_label("Child and family assessment").check()
    page.get_by_label("Why").fill("A bruise that nobody can explain.")
    page.locator("form.app-form button").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    sign_in(page, site, MANAGER)
    open_child(page, site, "ama")
    expect(page.locator(".app-heading")).to_contain_text("Unallocated")
    page.get_by_role("link", name="Allocate", exact=True).click()
    page.get_by_label("Tom Akers").check()
    record(page, "Case allocated to Tom Akers", "Allocate")

    sign_in(page, site, WORKER)
    page.goto(f"{site.address}/work")
    page.get_by_role("link", name="Ama Boateng").click()
    page.get_by_role("link", name="Start an assessment").click()
    record(page, "assessment started", "Start the assessment")
    page.get_by_role("link", name="Child seen").click()
    page.get_by_role("button", name="Record", exact=True).click()
    summary = page.locator(".govuk-error-summary")
    expect(summary.get_by_role("link")).to_have_count(3)
    page.get_by_label("Yes").check()
    page.get_by_label("At school").check()
    page.get_by_label("What did the child say").fill("It hurt. I want Mum to stop shouting.")
    record(page, "Child seen alone, at school", "Record")
    expect(page.locator("#timeline")).to_contain_text("I want Mum to stop shouting.")
    page.get_by_role("link", name="Complete", exact=True).click()
    page.get_by_label("Physical abuse, adult on child").check()
    page.get_by_label("Child in need plan").check()
    page.get_by_label("Summary").fill("Ama is hit when she spills. Mum wants help.")
    record(page, "Assessment completed", "Complete, and send to a manager")

    sign_in(page, site, MANAGER)
    page.goto(f"{site.address}/work")
    page.get_by_role("link", name="Authorise the assessment of Ama Boateng").click()
    page.get_by_label("Why do you authorise it?").fill("Ama was heard.")
    record(page, "Assessment authorised", "Authorise")
    assert site.authority.children["ama"] in page.url
    assert "Ama" not in page.url


def test_a_risk_stays_in_sight_until_it_is_answered_on_a_telephone_without_scripts(
    plain: Page, site: Site
) -> None:
    sign_in(plain, site, WORKER)
    open_child(plain, site, "kofi")
    plain.get_by_role("link", name="Raise a risk").click()
    plain.get_by_label("What is feared?").select_option("Neglect")
    plain.get_by_label("Elm Surgery").check()
    plain.get_by_label("In what words was it told?").fill("He weighs less than at his last check.")
    record(plain, "Risk raised by Elm Surgery", "Raise the risk")
    expect(plain.get_by_role("heading", name="1 risk that nobody has answered")).to_be_visible()
    plain.goto(f"{site.address}/work")
    plain.get_by_role("link", name="Answer the risk for Kofi Boateng").click()
    plain.get_by_label("Mitigated").check()
    plain.get_by_label("Why?").fill("Breakfast at school, and a food parcel.")
    plain.get_by_label("What evidence do you rely on?").fill("Seen at school on 9 March.")
    record(plain, "Risk answered: mitigated", "Record the answer")
    expect(plain.get_by_role("heading", name="that nobody has answered")).to_have_count(0)


def test_harm_that_is_suspected_leads_to_a_plan(page: Page, site: Site) -> None:
    sign_in(page, site, MANAGER)
    open_child(page, site, "kofi")
    page.get_by_role("link", name="Record a strategy discussion").click()
    for agency in ("Children's social care", "Police"):
        page.get_by_label(agency, exact=True).check()
    page.get_by_label("Section 47 enquiry, joint with the police").check()
    page.get_by_label("Why?").fill("A burn that was hidden.")
    page.get_by_label("What will be done?").first.fill("See Kofi today")
    page.get_by_label("By whom?").first.fill("Tom Akers")
    record(page, "Strategy discussion held", "Record the discussion")
    expect(page.get_by_role("alert")).to_contain_text("It was held without health.")
    page.get_by_role("link", name="Conclude section 47").click()
    page.get_by_label("Substantiated, the child at continuing risk").check()
    page.get_by_label("Why?").fill("Kofi told the nurse who did it.")
    record(page, "Section 47 enquiry concluded", "Conclude")
    page.get_by_role("link", name="Record the conference").click()
    for agency in ("Children's social care", "Police", "Health"):
        page.get_by_label(agency, exact=True).check()
    page.get_by_label("A child protection plan is needed").check()
    page.get_by_label("Physical abuse").check()
    page.get_by_label("Why?").fill("It may happen again.")
    page.get_by_label("What did the child say").fill("I want to stay with Gran.")
    record(page, "Initial child protection conference held", "Record the conference")
    expect(page.locator(".app-heading")).to_contain_text("Child protection plan: physical abuse")


def test_a_manager_goes_from_a_number_to_its_cases_and_on_to_the_child(
    page: Page, site: Site
) -> None:
    sign_in(page, site, MANAGER)
    page.get_by_role("link", name="Teams", exact=True).click()
    page.get_by_role("link", name="East", exact=True).click()
    expect(page.get_by_role("heading", name="The people who do the work")).to_be_visible()
    page.get_by_role("row", name="Cases for each full-time worker").get_by_role("link").click()
    page.get_by_role("link", name="Kofi Boateng").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kofi Boateng")
    page.get_by_label("Agency", exact=True).select_option("City Hospital")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#timeline > li")).to_have_count(2)

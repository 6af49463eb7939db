"""What a person does: log in, ask for a plan, approve it, withdraw it."""

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.too_marshal.factories import PASSWORD, add_plan, add_preflight
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission

pytestmark = pytest.mark.browser


@pytest.fixture
def plan(site: Site, database: Session) -> Plan:
    """A fresh plan that was checked and can be submitted."""
    plan = add_plan(database, database.get_one(Event, site.stage_id))
    add_preflight(database, plan, ("note", "the name is free"))
    return plan


def submissions_of(database: Session, plan: Plan) -> int:
    database.rollback()
    query = select(func.count()).select_from(Submission).where(Submission.plan_id == plan.id)
    return database.scalar(query) or 0


def test_somebody_logs_in_and_out_by_the_form(page: Page, site: Site):
    page.goto(site.address("/queues"))
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("approver")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.goto(site.address("/queues"))
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_the_dialog_asks_and_cancel_is_what_has_the_focus(
    approver: Page, site: Site, database: Session, plan: Plan
):
    approver.goto(site.address(f"/plans/{plan.id}"))
    approver.get_by_role("button", name="Approve and submit…").click()
    dialog = approver.get_by_role("dialog")
    for words in ("ZTF", "Partnership", "12 in g, r", "34 min"):
        expect(dialog).to_contain_text(words)
    expect(approver.get_by_role("button", name="Cancel")).to_be_focused()
    approver.keyboard.press("Enter")
    expect(dialog).not_to_be_visible()
    approver.get_by_role("button", name="Approve and submit…").click()
    approver.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    assert submissions_of(database, plan) == 0


def test_a_warning_is_accepted_or_nothing_is_sent(
    approver: Page, site: Site, database: Session, plan: Plan
):
    add_preflight(database, plan, ("warning", "ToO_theirs goes first"))
    approver.goto(site.address(f"/plans/{plan.id}"))
    approver.get_by_role("button", name="Approve and submit…").click()
    button = approver.get_by_role("button", name="Approve and submit", exact=True)
    button.click()
    expect(approver.get_by_role("dialog")).to_be_visible()  # the browser asks for the tick
    assert submissions_of(database, plan) == 0
    approver.get_by_label("in spite of the warning").check()
    button.click()
    expect(approver.locator("#messages")).to_contain_text("Approved")
    assert submissions_of(database, plan) == 1


def test_an_impatient_finger_submits_once(
    approver: Page, site: Site, database: Session, plan: Plan
):
    approver.goto(site.address(f"/plans/{plan.id}"))
    approver.get_by_role("button", name="Approve and submit…").click()
    approver.get_by_role("button", name="Approve and submit", exact=True).dblclick()
    expect(approver.locator("#messages")).to_contain_text("Approved: ZTF gets it as ToO_")
    expect(approver.locator("#approval .state")).to_have_text("approved")
    expect(approver.get_by_role("button", name="Approve and submit…")).to_have_count(0)
    assert submissions_of(database, plan) == 1


def test_a_page_that_stood_open_submits_nothing_twice(
    approver: Page, site: Site, database: Session, plan: Plan
):
    other = approver.context.new_page()
    for page in (approver, other):
        page.goto(site.address(f"/plans/{plan.id}"))
    for page in (approver, other):
        # As if the second page had not heard of the first yet.
        page.evaluate("document.querySelector('#submit form').requestSubmit()")
        expect(page.locator("#approval .state")).to_be_visible()
    assert submissions_of(database, plan) == 1


def test_a_queue_is_withdrawn_after_a_question(approver: Page, site: Site, plan: Plan):
    approver.goto(site.address(f"/plans/{plan.id}"))
    approver.get_by_role("button", name="Approve and submit…").click()
    approver.get_by_role("button", name="Approve and submit", exact=True).click()
    approver.locator("#approval").get_by_role("button", name="Withdraw").click()
    dialog = approver.get_by_role("dialog")
    expect(dialog).to_contain_text("will be told to drop")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Withdraw").click()
    expect(approver.locator("#messages")).to_contain_text("is asked to drop")
    expect(approver.locator("#submissions .state-withdrawn").first).to_be_visible()


def test_what_is_wrong_is_said_beside_the_field_and_then_it_works(
    approver: Page, site: Site, allowed_errors: list[str]
):
    allowed_errors.append("422")
    approver.goto(site.address(f"/events/{site.stage_id}"))
    approver.get_by_text("New plan").click()
    filters = approver.get_by_label("Filters, in order")
    filters.fill("g, z")
    approver.get_by_role("button", name="Make the plan").click()
    expect(filters).to_have_accessible_description("ZTF has the filters g, r, i.")
    expect(filters).to_have_value("g, z")
    filters.fill("r, r")
    approver.get_by_role("button", name="Make the plan").click()
    event_status = approver.locator("#standing")
    expect(event_status).to_have_attribute("data-state", "computing")
    expect(event_status).to_contain_text("in line")  # no worker lives here


def test_all_submission_is_stopped_and_allowed_again(approver: Page, site: Site, plan: Plan):
    approver.goto(site.address("/health"))
    approver.get_by_role("button", name="Stop all submission").click()
    approver.get_by_role("dialog").get_by_role("button", name="Stop all submission").click()
    stopped = approver.get_by_role("alert").filter(has_text="All submission is stopped")
    expect(stopped).to_contain_text("All submission is stopped by approver")
    approver.goto(site.address(f"/plans/{plan.id}"))
    expect(approver.locator("#approval")).to_contain_text("all submission is stopped")
    approver.goto(site.address("/health"))
    approver.get_by_role("button", name="Allow submission again").click()
    approver.get_by_role("dialog").get_by_role("button", name="Allow", exact=True).click()
    expect(approver.locator("#health")).to_contain_text("allowed")


def test_the_lint_of_a_circular_follows_what_is_typed(approver: Page, site: Site):
    approver.goto(site.address(f"/circulars/{site.circular_id}/edit"))
    lint = approver.locator("#circular-lint")
    expect(lint).to_contain_text("GCN would take it")
    approver.get_by_label("Subject").fill("Re: MS260101a")
    expect(lint).to_contain_text("contains 're: '")
    body = approver.get_by_label("Body")
    body.fill(body.input_value().replace("{ZTF.images=15 images}", "{ZTF.images=1 images}"))
    expect(lint).to_contain_text("by the data it is “15 images”")
    expect(lint.locator("pre")).to_contain_text("We obtained 1 images")


def test_a_circular_is_copied_as_it_stands(approver: Page, site: Site):
    approver.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    approver.goto(site.address(f"/circulars/{site.circular_id}"))
    approver.get_by_role("button", name="Copy").click()
    expect(approver.locator("#copied")).to_have_text("Copied.")
    copied = approver.evaluate("navigator.clipboard.readText()")
    assert copied == approver.locator("#circular-text").text_content()
    assert "We obtained 15 images" in " ".join(copied.split())


def test_without_scripts_events_are_read_and_plans_asked_for(browser: Browser, site: Site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address("/login"))
    page.get_by_label("Name").fill("approver")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="MS260103c").click()
    expect(page.locator("#facts")).to_contain_text("93.0 %")
    page.get_by_text("New plan").click()
    page.get_by_role("button", name="Make the plan").click()
    expect(page.locator("#standing")).to_have_attribute("data-state", "computing")
    context.close()

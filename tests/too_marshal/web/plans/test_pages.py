import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session, undefer

from planners.files.plan_files import plan_from_json
from tests.too_marshal.clocks import later
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_preflight,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.preflights import FRESH, Preflight
from too_marshal.db.observing.queues import KILL_SWITCH, Submission, SubmissionState, Switch
from too_marshal.workflows.exposures.upload import upload


@pytest.fixture
def plan(session: Session) -> Plan:
    event = add_event(session, is_test=True)
    add_localization(session, event)
    return add_plan(session, event)


@pytest.fixture
def checked(session: Session, plan: Plan) -> Preflight:
    return add_preflight(session, plan, ("note", "it ends at 05:12 UTC"))


def form(key: str, checked: Preflight, **more: str) -> dict[str, object]:
    return {"idempotency_key": key, "preflight_id": checked.id, **more}


def key_of(client: FlaskClient, plan: Plan) -> str:
    """What the form carries, once the plan was checked."""
    shown = page(client, f"/plans/{plan.id}")
    return re.search(r'name="idempotency_key" value="([^"]+)"', shown)[1]


def test_the_plan_page_shows_every_exposure_and_the_statistics(viewer: FlaskClient, plan: Plan):
    shown = page(viewer, f"/plans/{plan.id}")
    assert shown.count("<tr data-field=") == 12
    for words in ("69.0 %", "71.0 %", "280 deg²", "12", "6 fields", "8.0 %"):
        assert words in shown
    assert "Approve and submit" not in shown  # a viewer may not
    assert "an approver can submit it" in shown


@pytest.mark.usefixtures("checked")
def test_the_dialog_states_what_will_be_sent(approver: FlaskClient, plan: Plan):
    dialog = (
        page(approver, f"/plans/{plan.id}").split('<dialog id="submit"')[1].split("</dialog>")[0]
    )
    first, last = plan.exposures[0].start, plan.exposures[-1].start
    for words in (
        "ZTF",
        "Partnership",
        "12 in g, r",
        "34 min",
        first.strftime("%Y-%m-%d %H:%M:%S UTC"),
        last.strftime("%Y-%m-%d %H:%M:%S UTC"),
    ):
        assert words in dialog
    assert re.search(r"<button[^>]*autofocus[^>]*>Cancel</button>", dialog)


def test_the_first_press_submits_and_the_second_finds_the_first(
    approver: FlaskClient, session: Session, plan: Plan, checked: Preflight
):
    key = key_of(approver, plan)
    for _ in range(2):
        answer = approver.post(f"/plans/{plan.id}/submit", data=form(key, checked))
        assert (answer.status_code, answer.location) == (303, f"/plans/{plan.id}")
    other = approver.post(f"/plans/{plan.id}/submit", data=form("another key, new", checked))
    assert other.status_code == 303
    submission = session.scalars(select(Submission)).one()
    assert submission.state == SubmissionState.APPROVED
    assert submission.approved_by == "approver"
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("submit", {"submission_id": submission.id})]
    shown = page(approver, f"/plans/{plan.id}")
    assert "Approve and submit" not in shown
    assert submission.queue_name in shown


@pytest.mark.parametrize("key", ["", "short", "x" * 81, "with\nbreak" * 2, "ünprintable" * 2])
def test_a_submission_without_a_key_is_refused(
    approver: FlaskClient, plan: Plan, checked: Preflight, key: str
):
    answer = approver.post(f"/plans/{plan.id}/submit", data=form(key, checked))
    assert answer.status_code == 400


def test_a_key_of_another_plan_is_refused(
    approver: FlaskClient, session: Session, plan: Plan, checked: Preflight
):
    key = key_of(approver, plan)
    approver.post(f"/plans/{plan.id}/submit", data=form(key, checked))
    second = add_plan(session, plan.event)
    answer = approver.post(f"/plans/{second.id}/submit", data=form(key, checked))
    assert answer.status_code == 409
    assert "another plan" in answer.get_data(as_text=True)


def test_a_plan_is_first_checked_and_the_page_follows(
    approver: FlaskClient, session: Session, plan: Plan
):
    assert "Approve and submit" not in page(approver, f"/plans/{plan.id}")
    answer = approver.post(f"/plans/{plan.id}/preflights")
    assert answer.status_code == 303
    jobs = session.execute(text("SELECT task_name, priority FROM procrastinate_jobs")).all()
    assert jobs == [("preflight", 10)]
    shown = page(approver, f"/plans/{plan.id}")
    assert "is being looked at" in shown
    assert 'data-every="2"' in shown
    assert "Approve and submit" not in shown
    preflight = session.scalars(select(Preflight)).one()
    early = approver.post(f"/plans/{plan.id}/submit", data=form("a key that is long", preflight))
    assert early.status_code == 409
    assert "not done yet" in early.get_data(as_text=True)


def test_an_error_blocks_whatever_is_ticked(approver: FlaskClient, session: Session, plan: Plan):
    preflight = add_preflight(
        session, plan, ("error", "the <name> is taken"), ("warning", "it waits")
    )
    shown = page(approver, f"/plans/{plan.id}")
    assert "the &lt;name&gt; is taken" in shown
    assert "Approve and submit" not in shown
    answer = approver.post(
        f"/plans/{plan.id}/submit", data=form("a key that is long", preflight, accept="yes")
    )
    assert answer.status_code == 409
    assert session.scalars(select(Submission)).all() == []


def test_a_warning_needs_a_tick(approver: FlaskClient, session: Session, plan: Plan):
    preflight = add_preflight(
        session, plan, ("warning", "another target of opportunity goes first")
    )
    shown = page(approver, f"/plans/{plan.id}")
    assert shown.count("another target of opportunity goes first") == 2
    assert re.search(r'<input type="checkbox"[^>]*name="accept" value="yes" required>', shown)
    address = f"/plans/{plan.id}/submit"
    refused = approver.post(address, data=form("a key that is long", preflight))
    assert refused.status_code == 409
    assert "warnings" in refused.get_data(as_text=True)
    taken = approver.post(address, data=form("a key that is long", preflight, accept="yes"))
    assert taken.status_code == 303


def test_an_old_check_and_one_of_another_plan_do_not_count(
    approver: FlaskClient, session: Session, plan: Plan, checked: Preflight
):
    other = add_preflight(session, add_plan(session, plan.event))
    checked.done_at = now() - FRESH
    session.commit()
    assert "Approve and submit" not in page(approver, f"/plans/{plan.id}")
    for preflight, words in ((checked, "too old"), (other, "not checked")):
        answer = approver.post(
            f"/plans/{plan.id}/submit", data=form("a key that is long", preflight)
        )
        assert answer.status_code == 409
        assert words in answer.get_data(as_text=True)


def retract(_session: Session, plan: Plan) -> None:
    plan.event.is_retracted = True


def stop(session: Session, _plan: Plan) -> None:
    session.add(Switch(name=KILL_SWITCH, is_on=True))


def let_pass(_session: Session, plan: Plan) -> None:
    for row in plan.exposures:
        row.start -= timedelta(days=1)


def fail(_session: Session, plan: Plan) -> None:
    plan.state, plan.remark = PlanState.FAILED, "the planner gave up"


def move_elsewhere(_session: Session, plan: Plan) -> None:
    plan.telescope = "DECam"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (retract, "retracted"),
        (stop, "submission is stopped"),
        (let_pass, "lies in the past"),
        (fail, "plan is failed"),
        (move_elsewhere, "no queue is configured for DECam"),
    ],
)
def test_a_plan_that_may_not_be_sent_is_not_offered_and_not_taken(
    approver: FlaskClient, session: Session, checked: Preflight, change, words: str
):
    plan = checked.plan
    key = key_of(approver, plan)
    change(session, plan)
    session.commit()
    shown = page(approver, f"/plans/{plan.id}")
    assert words in shown
    assert "idempotency_key" not in shown
    answer = approver.post(f"/plans/{plan.id}/submit", data=form(key, checked))
    assert answer.status_code == 409
    assert words.lower() in answer.get_data(as_text=True).lower()
    assert session.scalars(select(Submission)).all() == []


def test_a_plan_that_is_being_computed_follows_its_planner(
    approver: FlaskClient, session: Session, plan: Plan
):
    computing = add_plan(session, plan.event, state=PlanState.COMPUTING)
    shown = page(approver, f"/plans/{computing.id}")
    assert "<progress" in shown
    assert 'data-state="computing"' in shown
    assert approver.get(f"/plans/{computing.id}.json").status_code == 404


def test_the_download_is_the_plan_in_the_plan_file_format(
    viewer: FlaskClient, session: Session, plan: Plan
):
    answer = viewer.get(f"/plans/{plan.id}.json")
    assert f"filename=plan-{plan.id}.json" in answer.headers["Content-Disposition"]
    stored = session.get(Plan, plan.id, options=[undefer(Plan.document)])
    assert answer.get_json() == stored.document
    assert len(plan_from_json(answer.get_json()).exposures) == 12


def test_fields_left_out_are_listed_with_the_reason(
    viewer: FlaskClient, session: Session, plan: Plan
):
    stored = session.get(Plan, plan.id, options=[undefer(Plan.document)])
    stored.document = {
        **stored.document,
        "unobserved": [{"field_id": 987, "reason": "moon", "probability": 0.031}],
    }
    session.commit()
    shown = page(viewer, f"/plans/{plan.id}")
    assert "987" in shown
    assert "moon" in shown
    assert "3.1 %" in shown


def test_an_older_map_is_pointed_out(viewer: FlaskClient, session: Session, plan: Plan):
    assert "older map" not in page(viewer, f"/plans/{plan.id}")
    add_localization(session, plan.event)
    assert "older map" in page(viewer, f"/plans/{plan.id}")


def test_a_live_submission_can_be_withdrawn_where_it_is_shown(
    approver: FlaskClient, session: Session, plan: Plan
):
    submission = add_submission(session, plan)
    assert f"/submissions/{submission.id}/withdraw" in page(approver, f"/plans/{plan.id}")
    answer = approver.post(f"/submissions/{submission.id}/withdraw")
    assert answer.status_code == 303
    session.expire_all()
    assert submission.withdrawal_requested
    assert submission.withdraw_reason == "withdrawn by approver"
    assert f"/submissions/{submission.id}/withdraw" not in page(approver, f"/plans/{plan.id}")
    assert now() > submission.approved_at


def test_what_was_taken_by_hand_is_shown_though_nothing_was_submitted(
    approver: FlaskClient, session: Session, plan: Plan
):
    rows = "\n".join(
        f"{item.field_id},{item.filter},{(item.start + timedelta(seconds=20)).isoformat()}"
        for item in plan.exposures[:9]
    )
    with later(days=1):
        upload(
            session, plan.event, telescope="ZTF", data=f"field_id,filter,start\n{rows}".encode(),
            name="night.csv", by="ann",
        )  # fmt: skip
    shown = page(approver, f"/plans/{plan.id}")
    assert "9 done" in shown
    assert "3 missed" in shown
    assert approver.post(f"/plans/{plan.id}/follow-up").status_code == 303


def test_what_is_missing_is_listed_and_planned_with_one_click(
    approver: FlaskClient, session: Session, plan: Plan
):
    assert "Planned against executed" not in page(approver, f"/plans/{plan.id}")
    add_exposures(session, add_submission(session, plan, SubmissionState.DONE), 9)
    shown = page(approver, f"/plans/{plan.id}")
    table = shown.split("Table of what is missing")[1].split("</table>")[0]
    assert table.count("<td>missed</td>") == 3
    assert "9 done" in shown
    answer = approver.post(f"/plans/{plan.id}/follow-up")
    made = session.scalars(select(Plan).order_by(Plan.id.desc())).first()
    assert (answer.status_code, answer.location) == (303, f"/plans/{made.id}")
    assert f"/plans/{plan.id}" in page(approver, f"/plans/{made.id}")
    again = approver.post(f"/plans/{made.id}/follow-up")
    assert again.status_code == 409
    assert "nothing of plan" in again.get_data(as_text=True)

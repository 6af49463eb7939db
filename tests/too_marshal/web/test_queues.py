from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_plan,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.base import now
from too_marshal.db.observing.archives import ArchiveCopy
from too_marshal.db.observing.queues import RobotQueue, SubmissionState, submission_is_stopped


def held(name: str, targets: int) -> dict[str, object]:
    return {
        "name": name,
        "start": "2026-11-22T03:00:00.000Z",
        "end": "2026-11-22T13:00:00.000Z",
        "is_too": True,
        "targets": targets,
    }


def test_a_robot_that_was_never_asked_says_so(viewer: FlaskClient):
    text = page(viewer, "/queues")
    assert "ZTF" in text
    assert "Not asked yet." in text


def test_the_page_tells_our_queues_from_others(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event))
    queues = [held(submission.queue_name, 33), held("someone_elses", 7)]
    session.add(RobotQueue(telescope="ZTF", queues=queues, seen_at=now()))
    session.commit()
    text = page(viewer, "/queues")
    ours = text.split(f"<code>{submission.queue_name}")[1].split("</tr>")[0]
    theirs = text.split("<code>someone_elses")[1].split("</tr>")[0]
    assert f"/events/{event.id}" in ours
    assert ">33<" in ours
    assert "2026-11-22 03:00 UTC to 2026-11-22 13:00 UTC" in ours
    assert "/events/" not in theirs
    assert "answers" in text


def test_whatever_we_called_it_a_queue_of_ours_can_be_taken_back(
    observer: FlaskClient, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event), SubmissionState.DONE)
    queues = [{**held(f"{submission.queue_name}_2", 33), "request_name": submission.queue_name}]
    session.add(RobotQueue(telescope="ZTF", queues=queues, seen_at=now()))
    session.commit()
    row = page(observer, "/queues").split(f"<code>{submission.queue_name}_2")[1].split("</tr>")[0]
    assert "we called it done" in row
    assert f"/submissions/{submission.id}/withdraw" in row
    observer.post(f"/submissions/{submission.id}/withdraw")
    session.refresh(submission)
    assert submission.state == SubmissionState.ACCEPTED
    assert submission.withdrawal_requested


def test_people_say_that_the_observatory_has_agreed(observer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event), SubmissionState.EXECUTING)
    submission.withdrawal_requested = submission.needs_person = True
    submission.withdraw_reason = "it was retracted"
    session.commit()
    assert f"/submissions/{submission.id}/settle" in page(observer, "/queues")
    observer.post(f"/submissions/{submission.id}/settle")
    session.refresh(submission)
    assert submission.state == SubmissionState.WITHDRAWN


def test_a_silent_robot_leaves_the_last_good_copy_marked_stale(
    viewer: FlaskClient, session: Session
):
    session.add(
        RobotQueue(
            telescope="ZTF",
            queues=[held("kept", 5)],
            seen_at=now() - timedelta(hours=2),
            error="connection refused",
        )
    )
    session.commit()
    text = page(viewer, "/queues")
    assert "stale" in text
    assert "connection refused" in text
    assert "kept" in text
    assert "2.0 h ago" in text


def test_a_submission_that_is_over_offers_no_withdrawal(observer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    live = add_submission(session, add_plan(session, event))
    over = add_submission(session, add_plan(session, event), SubmissionState.DONE)
    text = page(observer, "/queues")
    assert f"/submissions/{live.id}/withdraw" in text
    assert f"/submissions/{over.id}/withdraw" not in text
    assert observer.post(f"/submissions/{over.id}/withdraw").status_code == 303
    session.refresh(over)
    assert not over.withdrawal_requested


def test_one_tap_stops_all_submission_and_says_who(
    observer: FlaskClient, approver: FlaskClient, session: Session
):
    shown = page(observer, "/queues")
    form = shown.split("Stop all submission")[0].rsplit("<form", 1)[1]
    assert "<dialog" not in form, "no question before"
    answer = observer.post("/health/submission", data={"stopped": "yes", "page": "queues"})
    assert (answer.status_code, answer.location) == (303, "/queues")
    assert submission_is_stopped(session)
    shown = page(observer, "/queues")
    assert "Stopped by <bdi>observer</bdi>" in shown
    assert "Allow submission again…" not in shown, "whoever approves allows it"
    assert "Allow submission again…" in page(approver, "/queues")


def test_a_copy_that_is_old_is_stale_without_an_error(viewer: FlaskClient, session: Session):
    old = now() - timedelta(minutes=6)
    session.add(RobotQueue(telescope="ZTF", queues=[], seen_at=old, answer_time=0.25))
    session.commit()
    shown = page(viewer, "/queues")
    assert "stale" in shown
    assert "it answered in 0.25 s" in shown


def test_a_robot_is_asked_now(observer: FlaskClient, session: Session):
    for _ in range(2):
        answer = observer.post("/queues/ask", data={"telescope": "ZTF"})
        assert answer.status_code == 303
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("track", {"telescope": "ZTF"})]
    assert observer.post("/queues/ask", data={"telescope": "Hubble"}).status_code == 404


def test_an_admin_deletes_what_others_left(admin: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    ours = add_submission(session, add_plan(session, event)).queue_name
    queues = [held("someone_elses", 7), held(ours, 3)]
    session.add(RobotQueue(telescope="ZTF", queues=queues, seen_at=now()))
    session.commit()
    shown = page(admin, "/queues")
    assert shown.count("Delete a queue of somebody else?") == 1
    data = {"telescope": "ZTF", "name": "someone_elses"}
    assert admin.post("/queues/delete", data=data).status_code == 303
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("delete_queue", {**data, "by": "admin"})]
    for name, words in ((ours, "withdraw it"), ("never_seen", "holds no queue")):
        answer = admin.post("/queues/delete", data={"telescope": "ZTF", "name": name})
        assert answer.status_code == 409
        assert words in answer.get_data(as_text=True)


def test_the_state_of_an_archive_is_told(viewer: FlaskClient, session: Session):
    session.add(
        ArchiveCopy(
            telescope="ZTF",
            references={"g": [1, 2, 3], "r": [1]},
            references_at=now(),
            rejected=[{"row": 7, "reason": "rcid is no <quadrant>", "text": ""}],
            error="503 Service Unavailable",
        )
    )
    session.commit()
    shown = page(viewer, "/queues")
    for words in ("3 fields in g, 1 fields in r", "no &lt;quadrant&gt;", "503 Service"):
        assert words in shown

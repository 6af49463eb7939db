"""From an alert to a map, a plan and a queue, and back: a retraction takes the queue away."""

from __future__ import annotations

from sqlalchemy import select, text

from tests.too_marshal.factories import add_plan, add_submission
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.workflows.intake.ingest import Message, ingest
from too_marshal.workflows.localizations.localize import localize
from too_marshal.workflows.submissions.withdraw import withdraw_event


def take(session, case, name):
    return ingest(session, Message(case(f"notices/{name}.json"), "api", "igwn.gwalert"))


def test_a_retraction_withdraws_what_was_submitted(case, session):
    event_id = take(session, case, "lvk_initial").event_id
    place = session.scalars(select(Localization)).one()
    localize(session, place.id)
    session.refresh(place)
    assert place.state == LocalizationState.READY
    event = session.get_one(Event, event_id)
    session.refresh(event)
    assert event.current_localization_id == place.id
    submission = add_submission(session, add_plan(session, event), SubmissionState.ACCEPTED)
    withdraw_event(session, event_id)
    session.refresh(submission)
    assert not submission.withdrawal_requested, "nothing is retracted yet"

    take(session, case, "lvk_retraction")
    session.refresh(event)
    assert event.is_retracted
    asked = "SELECT task_name FROM procrastinate_jobs WHERE task_name LIKE 'withdraw%'"
    assert session.scalars(text(asked)).all() == ["withdraw"]
    withdraw_event(session, event_id)
    assert session.get_one(Submission, submission.id, populate_existing=True).withdrawal_requested
    assert "withdraw_submission" in session.scalars(text(asked)).all()

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_circular,
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.events import Event
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.web.event.guide import guide
from too_marshal.workflows.incident.standing import standings


def done(session: Session, event: Event) -> list[str]:
    session.commit()
    steps = guide(standings(session, [event])[event.id])
    return [step.title for step in steps if step.is_done]


def test_a_step_is_done_when_its_effect_is_there(session: Session):
    event = add_event(session, "MS1", is_test=True)
    assert done(session, event) == []
    add_localization(session, event)
    plan = add_plan(session, event)
    steps = ["Read the verdict"]
    assert done(session, event) == steps
    submission = add_submission(session, plan, SubmissionState.APPROVED)
    steps.append("Check and submit")
    assert done(session, event) == steps
    submission.state = SubmissionState.EXECUTING
    steps.append("See it accepted")
    assert done(session, event) == steps
    add_exposures(session, submission, 3)
    steps.append("Watch")
    assert done(session, event) == steps
    add_circular(session, event)
    steps.append("Draft a circular")
    assert done(session, event) == steps
    event.is_retracted = True
    assert done(session, event) == steps, "the queue is still at the robot"
    submission.state = SubmissionState.WITHDRAWN
    assert done(session, event) == [*steps, "Send the retraction"]


def test_only_a_rehearsal_is_guided(viewer: FlaskClient, session: Session):
    event = add_event(session, "MS1", is_test=True)
    assert "steps done" not in page(viewer, f"/events/{event.id}")

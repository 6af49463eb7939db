"""Latencies are read from what the steps left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_circular,
    add_event,
    add_exposures,
    add_localization,
    add_object,
    add_plan,
    add_submission,
)
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularSending
from too_marshal.db.counterparts.candidates import Candidate
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.events import Acknowledgment, Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.exposures import Exposure
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.workflows.incident.latencies import MEASURED, latencies
from too_marshal.workflows.incident.ledger import STEPS, ledger_of


def add_whole(session: Session, name: str = "S260101a", **values: object) -> Event:
    """An event every step of which was taken, each some seconds after the one before."""
    start = now() - timedelta(hours=1)
    event = add_event(session, name, **{"event_time": start, **values})
    map_ = add_localization(session, event)
    notice = session.get_one(ReceivedNotice, map_.notice_id)
    notice.event_id, notice.stream, notice.kind = event.id, event.stream, "initial"
    published = start + timedelta(seconds=20)
    notice.document = {"published": published.isoformat().replace("+00:00", "Z")}
    notice.received_at = start + timedelta(seconds=30)
    map_.ready_at = start + timedelta(seconds=32)
    plan = add_plan(session, event)
    plan.ready_at = start + timedelta(seconds=40)
    submission = add_submission(session, plan)
    submission.approved_at = start + timedelta(seconds=100)
    submission.accepted_at = start + timedelta(seconds=110)
    for exposure, seconds in zip(
        add_exposures(session, submission, 3), (300, 340, 900), strict=True
    ):
        exposure.start = start + timedelta(seconds=seconds)
    acknowledged, told = start + timedelta(seconds=60), start + timedelta(seconds=50)
    session.add(Acknowledgment(event_id=event.id, made_by="ann", made_at=acknowledged))
    session.add(
        Delivery(
            notice_id=notice.id, channel="chat", event_id=event.id, rule_name="r", text="t",
            state=DeliveryState.SENT, sent_at=told,
        )
    )  # fmt: skip
    session.refresh(event)
    add_object(session, event, "A", received_at=start + timedelta(seconds=1200))
    add_object(session, event, "B", received_at=start + timedelta(seconds=1300))
    session.add(
        Candidate(
            event_id=event.id, survey="ZTF", object_id="A", ra=10, dec=20, status="pending",
            saved_by="ann", saved_at=start + timedelta(seconds=1500), changed_by="ann",
        )
    )  # fmt: skip
    draft = add_circular(session, event)
    draft.created_at = start + timedelta(seconds=2000)
    session.add(
        CircularSending(
            draft_id=draft.id, version=1, sha256=f"{draft.id:064}", subject="s", body="b",
            way="by hand", state=DeliveryState.SENT, asked_by="ann",
            sent_at=start + timedelta(seconds=2500),
        )
    )  # fmt: skip
    session.commit()
    return event


def test_every_step_has_its_time_and_the_first_counts(session: Session):
    event = add_whole(session)
    moments = ledger_of(session, event.id)
    assert [moment.step for moment in moments] == list(STEPS)
    arrival = {moment.step: round(moment.since_arrival) for moment in moments}
    assert arrival == {
        "trigger": -30, "published": -10, "received": 0, "map": 2, "planned": 10, "told": 20,
        "acknowledged": 30, "approved": 70, "accepted": 80, "first shutter": 270,
        "last shutter": 870, "alerts in": 1170, "candidate saved": 1470,
        "circular": 1970, "circular sent": 2470,
    }  # fmt: skip
    assert round(moments[-1].since_trigger or 0) == 2500


def test_what_was_seen_before_the_source_is_no_shutter_of_it(session: Session):
    event = add_whole(session)
    first = session.scalars(select(Exposure).order_by(Exposure.start)).first()
    assert first is not None
    assert event.event_time is not None
    first.start = event.event_time - timedelta(minutes=5)
    session.commit()
    taken = {moment.step: moment.since_arrival for moment in ledger_of(session, event.id)}
    assert round(taken["first shutter"]) == 310


def test_steps_that_were_not_taken_are_left_out(session: Session):
    assert ledger_of(session, add_event(session).id) == []


def test_percentiles_are_of_real_events_that_came_promptly(session: Session):
    for number in range(3):
        add_whole(session, f"S26010{number}a")
    add_whole(session, "MS260101a", is_test=True)
    late = add_whole(session, "S260105a")
    late.event_time = now() - timedelta(days=30)
    session.commit()
    (season,) = latencies(session, since=now() - timedelta(days=1))
    assert (season.stream, season.events) == ("lvk", 3)
    assert set(season.latencies) == set(MEASURED)
    assert season.latencies["received"].median == pytest.approx(30)
    assert season.latencies["planned"].percentile_95 == pytest.approx(10)
    assert season.latencies["circular"].count == 3
    (tests,) = latencies(session, since=now() - timedelta(days=1), tests=True)
    assert tests.events == 1
    assert latencies(session, since=now() + timedelta(days=1)) == []
    assert latencies(session, since=now() - timedelta(days=1), stream="swift") == []


def test_a_robot_has_a_queue_from_when_it_first_took_it(session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    submission = add_submission(session, plan, state=SubmissionState.SUBMITTING)
    submission.change(SubmissionState.ACCEPTED)
    first = submission.accepted_at
    assert first is not None
    submission.change(SubmissionState.EXECUTING)
    assert submission.accepted_at == first

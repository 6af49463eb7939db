"""When exposures are planned, queued and executed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
    circle_map,
)
from too_marshal.db.base import now
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.workflows.observability.exposure_times import exposure_times, joined


def test_breaks_part_intervals():
    time, minute = now(), timedelta(minutes=1)
    spans = [(time + k * minute, time + (k + 1) * minute) for k in (0, 1, 5, 30, 32)]
    assert joined(spans) == [(time, time + 6 * minute), (time + 30 * minute, time + 33 * minute)]
    assert joined([]) == []


def test_only_what_may_still_be_sent_is_planned(session: Session):
    event = add_event(session)
    add_localization(session, event)
    assert exposure_times(session, event) == {}
    start = now() + timedelta(hours=3)
    add_plan(session, event, start=start)
    newest = add_plan(session, event, start=start + timedelta(hours=1))
    times = exposure_times(session, event)["ZTF"]
    assert [span[0] for span in times.planned] == [
        newest.exposures[0].start, newest.exposures[6].start,
    ], "of the newest; its filter blocks are half an hour apart"  # fmt: skip
    assert times.queued == times.executed == []
    submission = add_submission(session, newest, SubmissionState.EXECUTING)
    taken = add_exposures(session, submission, 2)
    times = exposure_times(session, event)["ZTF"]
    assert times.queued[0][0] == newest.exposures[0].start
    assert times.planned[0][0] == start.replace(microsecond=times.planned[0][0].microsecond)
    assert times.executed == [(taken[0].start, taken[1].start + timedelta(seconds=30))]
    submission.change(SubmissionState.DONE)
    session.commit()
    times = exposure_times(session, event)["ZTF"]
    assert times.queued == []
    assert newest.exposures[0].start not in [span[0] for span in times.planned]


def test_what_was_planned_on_another_map_is_not_planned(session: Session):
    event = add_event(session)
    add_localization(session, event)
    add_plan(session, event)
    add_localization(session, event, circle_map(10.0, 5.0, 4.0))
    assert exposure_times(session, event) == {}

"""What other groups told the Treasure Map is kept as of when it was read, planned or completed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest
from astropy import units as u
from sqlalchemy.orm import Session

from telescopes.simulators.faults import Fault, FaultKind
from telescopes.treasure_map.messages import Pointing
from tests.too_marshal.factories import add_exposures
from tests.too_marshal.workflows.exposures.test_treasure_map_export import service, submission
from too_marshal.db.observing.archives import OthersPointings
from too_marshal.db.observing.exposures import ExposureImport
from too_marshal.db.observing.queues import Submission
from too_marshal.workflows.exposures.records import as_executed
from too_marshal.workflows.exposures.treasure_map_export import share
from too_marshal.workflows.exposures.treasure_map_import import read_others

__all__ = ["service", "submission"]


def told(session: Session, submission: Submission) -> OthersPointings | None:
    return session.get(OthersPointings, submission.plan.event_id, populate_existing=True)


@pytest.fixture
def theirs(session: Session, submission: Submission) -> Sequence[Pointing]:
    taken = [as_executed(row) for row in add_exposures(session, submission, 4)]
    pointings = [
        Pointing(each.ra, each.dec, 9, "completed", each.start, "r", 21.0) for each in taken
    ]
    pointings[3] = replace(pointings[3], status="planned", depth=None, position_angle=30 * u.deg)
    return pointings


def test_both_states_are_kept_and_ours_are_not_among_them(
    session: Session, service: SimpleNamespace, submission: Submission, theirs: Sequence[Pointing]
):
    event = submission.plan.event
    share(session, service.ours, event.id)
    service.theirs.post(event.key, theirs)
    read_others(session, service.ours)
    row = told(session, submission)
    assert row is not None
    assert (row.completed, row.planned, row.rejected) == (3, 1, 0)
    assert {each["instrument"] for each in row.pointings} == {"S"}
    planned = row.pointings[-1]
    assert (planned["status"], planned["depth"], planned["position_angle"]) == ("planned", None, 30)
    assert row.pointings[0]["depth"] == 21.0
    assert row.pointings[0]["ra"] == pytest.approx(theirs[0].ra.value, abs=1e-5)
    corners = {(round(east, 1), round(north, 1)) for east, north in row.outlines["9"]}
    assert corners == {(-1.5, -1.5), (-1.5, 1.5), (1.5, -1.5), (1.5, 1.5)}
    assert session.query(ExposureImport).one().added == 3, "what is planned covers nothing"


def test_a_later_reading_takes_the_place_of_the_earlier(
    session: Session, service: SimpleNamespace, submission: Submission, theirs: Sequence[Pointing]
):
    event = submission.plan.event
    read_others(session, service.ours)
    first = told(session, submission)
    assert first is not None
    assert (first.completed, first.planned, first.pointings) == (0, 0, [])
    before = first.read_at
    service.theirs.post(event.key, theirs)
    read_others(session, service.ours)
    second = told(session, submission)
    assert second is not None
    assert second.read_at > before
    assert second.completed == 3


def test_a_silent_service_leaves_what_was_read_as_of_then(
    session: Session, service: SimpleNamespace, submission: Submission, theirs: Sequence[Pointing]
):
    service.theirs.post(submission.plan.event.key, theirs)
    read_others(session, service.ours)
    first = told(session, submission)
    assert first is not None
    before = first.read_at
    service.server.faults.add(Fault(FaultKind.RESET, count=None))
    read_others(session, service.ours)
    row = told(session, submission)
    assert row is not None
    assert (row.read_at, row.completed) == (before, 3)


def test_without_an_account_nothing_is_kept(session: Session, submission: Submission):
    read_others(session, None)
    assert told(session, submission) is None

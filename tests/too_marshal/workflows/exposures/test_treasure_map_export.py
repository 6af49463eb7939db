"""The Treasure Map in both directions: ours out, once each; others' in, as coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.service import running
from telescopes.simulators.treasure_map import TreasureMapSimulator
from telescopes.treasure_map.client import open_treasure_map
from telescopes.treasure_map.messages import Pointing
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
)
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.db.observing.exposures import Coverage, ExposureImport, Source
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.records import as_executed
from too_marshal.workflows.exposures.treasure_map_export import share, treasure_map_of
from too_marshal.workflows.exposures.treasure_map_import import read_others

SQUARE = "POLYGON ((-1.5 -1.5, 1.5 -1.5, 1.5 1.5, -1.5 1.5, -1.5 -1.5))"


@pytest.fixture
def service() -> Iterator[SimpleNamespace]:
    simulator = TreasureMapSimulator(
        {"ours": "marshal", "theirs": "goto"},
        {"S260101a"},
        {47: ("ZTF", [SQUARE]), 9: ("S", [SQUARE])},
    )
    with running(simulator) as server:
        address = f"{server.url}/api/v1"
        yield SimpleNamespace(
            simulator=simulator,
            server=server,
            ours=open_treasure_map("ours", address),
            theirs=open_treasure_map("theirs", address),
            statuses=lambda: Counter(row["status"] for row in simulator.pointings.values()),
        )


@pytest.fixture
def submission(session: Session) -> Submission:
    event = add_event(session, event_time=now() - timedelta(hours=3))
    add_localization(session, event)
    plan = add_plan(session, event, start=now() - timedelta(hours=1))
    return add_submission(session, plan)


def test_what_is_planned_is_posted_once_and_completed(session, service, submission):
    event_id = submission.plan.event_id
    for _ in range(2):
        share(session, service.ours, event_id)
    assert service.statuses() == {"planned": 12}
    add_exposures(session, submission, 5)
    for _ in range(2):
        share(session, service.ours, event_id)
    assert service.statuses() == {"planned": 7, "completed": 5}
    submission.change(SubmissionState.DONE)
    session.commit()
    share(session, service.ours, event_id)
    assert service.statuses() == {"cancelled": 7, "completed": 5}
    lines = session.scalars(select(Activity.text).where(Activity.subject == "treasure map")).all()
    assert lines == [
        "Treasure Map: 12 pointings posted",
        "Treasure Map: 5 pointings posted",
        "Treasure Map: 7 cancelled",
    ]


def test_a_retraction_cancels_what_is_planned_and_nothing_follows(session, service, submission):
    event = submission.plan.event
    add_exposures(session, submission, 5)
    share(session, service.ours, event.id)
    event.is_retracted = True
    session.commit()
    share(session, service.ours, event.id)
    assert service.statuses() == {"cancelled": 7, "completed": 5}
    second = add_submission(session, add_plan(session, event))
    share(session, service.ours, event.id)
    assert second.state == SubmissionState.ACCEPTED
    assert service.statuses() == {"cancelled": 7, "completed": 5}


def test_a_silent_service_is_asked_again(session, service, submission):
    event = submission.plan.event
    service.server.faults.add(Fault(FaultKind.RESET, count=None))
    share(session, service.ours, event.id)
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("share", {"event_id": event.id})]
    service.server.faults.clear()
    share(session, service.ours, event.id)
    assert service.statuses() == {"planned": 12}


@pytest.mark.parametrize("change", [{"is_test": True}, {"stream": "fermi_gbm"}])
def test_only_real_gravitational_waves_are_shared(session, service, submission, change):
    for name, value in change.items():
        setattr(submission.plan.event, name, value)
    session.commit()
    share(session, service.ours, submission.plan.event_id)
    assert service.statuses() == {}


def test_without_an_account_nothing_is_said(session, submission):
    share(session, None, submission.plan.event_id)
    read_others(session, None)
    assert treasure_map_of(Settings()) is None
    assert treasure_map_of(Settings(treasure_map_token="t", rehearsal=True)) is None


def test_what_others_have_done_counts_as_theirs(session, service, submission):
    event = submission.plan.event
    own = [as_executed(row) for row in add_exposures(session, submission, 5)]
    share(session, service.ours, event.id)
    others = [
        Pointing(item.ra, item.dec, 9, "completed", item.start, "r", 21.0) for item in own[:3]
    ]
    service.theirs.post(event.key, others)
    for _ in range(2):
        read_others(session, service.ours)
    row = session.scalars(select(ExposureImport)).one()
    assert (row.source, row.added) == (Source.OTHERS, 3)
    cover(session, event.id, row.telescope)
    coverage = session.get_one(Coverage, (event.current_localization_id, row.telescope))
    assert coverage.exposures == 0, "a circular does not speak of them"
    assert coverage.by_source["other groups"]["exposures"] == 3
    assert coverage.by_source["other groups"]["probability"] > 0.01

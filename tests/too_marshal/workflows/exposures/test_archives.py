"""What archives tell: quadrants improve what the robot said, references reach the planner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from astropy import units as u
from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.archives import open_archive
from telescopes.simulators.irsa import IRSASimulator
from telescopes.simulators.service import running
from tests.too_marshal.clocks import MIDNIGHT, RA
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
    circle_map,
)
from too_marshal.db.base import now
from too_marshal.db.observing.archives import ArchiveCopy
from too_marshal.db.observing.exposures import Coverage, Exposure
from too_marshal.db.observing.plans import PlanState
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.exposures.archives import (
    archived_telescopes,
    read_archive,
    read_references,
    references_of,
)
from too_marshal.workflows.exposures.records import as_executed
from too_marshal.workflows.exposures.store import store_exposures
from too_marshal.workflows.planning.plan import ask_for_plan, compute

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def irsa() -> Iterator[SimpleNamespace]:
    simulator = IRSASimulator()
    with running(simulator) as server:
        yield SimpleNamespace(
            simulator=simulator,
            archives=lambda name: open_archive(name, {"url": f"{server.url}/TAP"}),
        )


def quadrants(row: Exposure, number: int, **changes):
    whole = {
        "field": row.field_id, "fid": {"g": 1, "r": 2}[row.filter], "expid": int(row.exposure_id),
        "obsjd": Time(row.start).jd, "exptime": 30.0, "seeing": 2.4, "airmass": 1.3,
        "maglimit": 19.75, "infobits": 0, **changes,
    }  # fmt: skip
    return [{**whole, "rcid": quadrant} for quadrant in range(number)]


@pytest.fixture
def taken(session: Session) -> list[Exposure]:
    """Exposures as the robot's history tells them: whole, without depth."""
    event = add_event(session, event_time=now() - timedelta(days=1))
    add_localization(session, event)
    plan = add_plan(session, event, start=now() - timedelta(hours=12))
    rows = add_exposures(session, add_submission(session, plan), 3)
    for row in rows:
        row.limiting_magnitude = row.seeing = None
    session.commit()
    return rows


def test_the_archive_knows_better_than_the_robot(session, irsa, taken):
    executed = [as_executed(row) for row in taken]
    irsa.simulator.add_quadrants(quadrants(taken[0], 40))
    irsa.simulator.add_quadrants(quadrants(taken[1], 64))
    irsa.simulator.add_quadrants([{**quadrants(taken[2], 1)[0], "field": 9_999_999}])
    read_archive(session, irsa.archives, "ZTF")
    session.expire_all()
    assert [len(row.detectors) for row in taken] == [40, 64, 64]
    assert [row.limiting_magnitude for row in taken] == [19.75, 19.75, None]
    assert session.scalars(select(Coverage)).one().exposures == 3, "its coverage is known"
    copy = session.get_one(ArchiveCopy, "ZTF")
    assert copy.error == ""
    store_exposures(session, "ZTF", executed)
    session.expire_all()
    assert len(taken[0].detectors) == 40, "the robot's history does not undo it"


def test_an_archive_that_is_away_leaves_all_as_it_is(session, taken):
    def away(name):
        return open_archive(name, {"url": "http://127.0.0.1:9/TAP"})

    read_archive(session, away, "ZTF")
    read_references(session, away, "ZTF")
    copy = session.get_one(ArchiveCopy, "ZTF")
    assert copy.error
    assert (copy.read_until, copy.references) == (None, None)
    session.expire_all()
    assert [len(row.detectors) for row in taken] == [64, 64, 64]


def references(fields) -> list[dict[str, object]]:
    return [
        {
            "field": field,
            "fid": fid,
            "ccdid": ccd,
            "qid": quadrant,
            "maglimit": 22.0,
            "nframes": 30,
            "startobsdate": "2018-05-01T04:05:06Z",
        }
        for field in fields
        for fid in (1, 2)
        for ccd in range(1, 17)
        for quadrant in range(1, 5)
    ]


def test_only_fields_with_a_reference_image_are_planned(session, irsa):
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 5.0))
    request = {
        "start": (MIDNIGHT - 1 * u.h).isot + "Z", "end": (MIDNIGHT + 1 * u.h).isot + "Z",
        "filters": ["g"], "exposure_time": 30.0, "minimum_gap": 1800.0, "airmass_limit": 2.0,
        "sun_altitude": -18.0, "moon_separation": 0.0,
    }  # fmt: skip

    def planned() -> set[int]:
        plan = ask_for_plan(
            session, event, telescope="ZTF", planner="greedy", program="", request=request,
            author="ann",
        )  # fmt: skip
        compute(session, plan.id)
        assert plan.state == PlanState.READY, plan.remark
        return {row.field_id for row in plan.exposures}

    free = sorted(planned())
    assert references_of(session, "ZTF") is None
    irsa.simulator.add_references(references(free[:2]))
    read_references(session, irsa.archives, "ZTF")
    assert references_of(session, "ZTF")["g"] == frozenset(free[:2])
    assert planned() == set(free[:2])
    asked = len(irsa.simulator.questions)
    read_references(session, irsa.archives, "ZTF")
    assert len(irsa.simulator.questions) == asked, "once a day"


@pytest.mark.parametrize(
    ("is_simulated", "archives", "expected"),
    [(False, True, ["ZTF"]), (True, True, []), (False, False, [])],
)
def test_archives_are_read_where_a_real_robot_is_configured(is_simulated, archives, expected):
    robots = Robots(
        {
            "ZTF": Robot({}, is_simulated, "P", "T"),
            "Gattini": Robot({}, is_simulated=False, program="P", pi="T"),
        }
    )
    assert archived_telescopes(Settings(archives=archives), robots) == expected

"""Nights are worked out once for each map, telescope and night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from astropy import units as u
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from planners.visibility.nights import night_at
from planners.visibility.region_night import region_night
from telescopes import TELESCOPES
from tests.too_marshal.clocks import EVENING, later, running_from
from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.db.jobs import CPU_BOUND, LATER
from too_marshal.db.observing.nights import RegionNightRow
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.observability.nights import (
    AHEAD,
    look_for_new_nights,
    work_out_nights,
)
from too_marshal.workflows.planning.plan import propose_plans

JOBS = "SELECT task_name, queue_name, priority, args FROM procrastinate_jobs ORDER BY id"


def jobs(session: Session) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.execute(text(JOBS)) if "night" in row[0]]


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(RegionNightRow)) or 0


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three telescopes are enough."""
    names = ["DECam", "LCO-1m-coj", "ZTF"]
    for name in set(TELESCOPES) - set(names):
        monkeypatch.delitem(TELESCOPES, name)
    return names


def test_a_map_has_three_nights_at_every_telescope(session: Session, three: list[str]):
    event = add_event(session)
    localization = add_localization(session, event)
    work_out_nights(session, ["ZTF"], localization.id)
    rows = session.scalars(select(RegionNightRow)).all()
    assert len(rows) == AHEAD * len(three)
    for name in three:
        tonight = night_at(TELESCOPES[name].site, now())
        nights = sorted(row.night for row in rows if row.telescope == name)
        assert nights == [tonight + timedelta(days=k) for k in range(AHEAD)]
    row = next(row for row in rows if row.telescope == "ZTF")
    skymap = load_skymap(session, localization)
    again = region_night(*skymap.cells(), skymap.peak(), TELESCOPES["ZTF"], row.night)
    assert row.numbers["within"]["limit"] == pytest.approx(again.within["limit"], abs=1e-4)
    assert abs(row.starts_at - again.start.to_datetime(timezone=row.starts_at.tzinfo)) < timedelta(
        seconds=1
    )
    assert row.numbers["best"] == pytest.approx(again.best, abs=1e-4)
    samples = {len(values) for values in row.numbers["within"].values()}
    assert samples == {len(row.numbers["sun_altitude"])}
    told = session.scalars(select(Activity.text).where(Activity.subject == "night")).all()
    assert told == ["The nights to come are worked out"], "said once, when ours are there"


def test_nothing_is_worked_out_twice(session: Session, three: list[str], monkeypatch):
    event = add_event(session)
    localization = add_localization(session, event)
    work_out_nights(session, ["ZTF"], localization.id)
    first = {row.computed_at for row in session.scalars(select(RegionNightRow))}
    monkeypatch.setattr(
        "too_marshal.workflows.observability.nights.region_night",
        lambda *_: pytest.fail("it is known"),
    )
    work_out_nights(session, ["ZTF"], localization.id)
    session.expire_all()
    assert {row.computed_at for row in session.scalars(select(RegionNightRow))} == first
    assert count(session) == AHEAD * len(three)


@pytest.mark.usefixtures("three")
def test_nothing_is_worked_out_for_a_map_that_nobody_observes(session: Session):
    event = add_event(session)
    older = add_localization(session, event)
    newer = add_localization(session, event, circle_map(20.0, 10.0, 3.0))
    work_out_nights(session, [], older.id)
    assert count(session) == 0, "it is not the current one"
    event.is_retracted = True
    session.commit()
    work_out_nights(session, [], newer.id)
    assert count(session) == 0, "the event is retracted"


@pytest.mark.parametrize(("days", "asked"), [(1, 1), (8, 0)])
def test_nights_are_asked_for_where_plans_are(session: Session, days: int, asked: int):
    event = add_event(session, event_time=now() - timedelta(days=days))
    localization = add_localization(session, event)
    propose_plans(session, localization.id)
    job = ("work_out_nights", CPU_BOUND, LATER, {"localization_id": localization.id})
    assert jobs(session) == [job] * asked


def test_the_clock_asks_for_what_has_come_nearer_and_for_no_more(
    session: Session, three: list[str]
):
    with running_from(EVENING):
        event = add_event(session, event_time=now())
        localization = add_localization(session, event)
        old = add_event(session, "S1", event_time=now() - timedelta(days=8))
        add_localization(session, old)
        retracted = add_event(session, "S2", event_time=now(), is_retracted=True)
        add_localization(session, retracted)
        look_for_new_nights(session)
        wanted = [("work_out_nights", CPU_BOUND, LATER, {"localization_id": localization.id})]
        assert jobs(session) == wanted
        look_for_new_nights(session)
        assert jobs(session) == wanted, "one that waits is enough"
        session.execute(text("DELETE FROM procrastinate_jobs"))
        work_out_nights(session, three, localization.id)
        look_for_new_nights(session)
        assert jobs(session) == []
        with later(days=1):
            look_for_new_nights(session)
            assert jobs(session) == wanted
            work_out_nights(session, three, localization.id)
            assert count(session) == (AHEAD + 1) * len(three)
        told = session.scalars(select(Activity.text).where(Activity.subject == "night")).all()
        assert len(told) == 1, "a night that has come nearer is no news"
        with later(days=9):
            look_for_new_nights(session)
        # Of the 24th at each, and of the 25th where the days begin first.
        assert count(session) == len(three) + 1, "what is long over is removed"


def test_of_a_test_event_only_the_first_day_is_worked_out(session: Session):
    with running_from(EVENING):
        event = add_event(session, event_time=now(), is_test=True)
        add_localization(session, event)
        with later(hours=30):
            look_for_new_nights(session)
            assert jobs(session) == []


def test_a_night_is_small_enough_to_be_kept(session: Session, three: list[str]):
    localization = add_localization(session, add_event(session), circle_map(60.0, 10.0, 40.0))
    work_out_nights(session, three, localization.id)
    sizes = session.scalars(text("SELECT pg_column_size(numbers) FROM region_night")).all()
    assert max(sizes) < 12_000
    assert circle_map(60.0, 10.0, 40.0).area(0.9) > 1000 * u.deg**2

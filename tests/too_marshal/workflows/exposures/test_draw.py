from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from planners.coverage.sky_coverage import ObservedSky
from planners.skymaps.drawings import process as drawing_process
from planners.skymaps.drawings.outlined_tiles import Tiles
from planners.skymaps.files import read_skymap
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_notice,
    add_plan,
    add_submission,
)
from too_marshal.db.base import now
from too_marshal.db.jobs import LATER, PATIENT
from too_marshal.db.localizations import Drawing, Localization, LocalizationState
from too_marshal.db.observing.plans import PlanRule
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.exposures.draw import draw
from too_marshal.workflows.exposures.left import what_is_left
from too_marshal.workflows.exposures.records import as_executed, camera_of, exposures_of
from too_marshal.workflows.localizations.localize import load_skymap, make_ready
from too_marshal.workflows.localizations.map_reader import describe
from too_marshal.workflows.planning.plan import propose_plans


def test_a_picture_is_drawn_anew_with_what_was_planned_and_observed(session: Session):
    event = add_event(session)
    localization = add_localization(session, event)
    draw(session, [], localization.id)
    first = session.get_one(Drawing, localization.id)
    before = first.all_sky, first.zoom, first.drawn_at
    plan = add_plan(session, event)
    draw(session, [], localization.id)
    session.expire_all()
    planned = session.get_one(Drawing, localization.id).zoom
    add_exposures(session, add_submission(session, plan), 2)
    draw(session, [], localization.id)
    session.expire_all()
    again = session.get_one(Drawing, localization.id)
    assert len({before[1], planned, again.zoom}) == 3
    assert again.all_sky.startswith(b"\x89PNG")
    assert again.drawn_at > before[2]


def test_the_plan_that_the_page_shows_is_drawn_though_a_newer_one_has_no_robot(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    labels: list[list[str]] = []

    def draw_nothing(
        _prepared: bytes, _facts: object, tiles: list[Tiles]
    ) -> drawing_process.Drawing:
        labels.append([group.label for group in tiles])
        return drawing_process.Drawing(b"", b"")

    monkeypatch.setattr(drawing_process, "draw", draw_nothing)
    event = add_event(session)
    localization = add_localization(session, event)
    for telescope in ("ZTF", "DECam"):
        add_plan(session, event).telescope = telescope
    session.flush()
    for reachable in (["ZTF"], ["DECam"]):
        draw(session, reachable, localization.id)
    assert labels == [["ZTF, planned"], ["DECam, planned"]]


def test_a_map_is_drawn_where_a_rule_heeds_it_and_no_other(session: Session):
    event = add_event(session)
    skymap = load_skymap(session, add_localization(session, event))
    localization = Localization(
        event_id=event.id, notice_id=add_notice(session, event).id, order=[1], kind="circle",
        description={}, state=LocalizationState.PENDING,
    )  # fmt: skip
    session.add(localization)
    session.flush()
    draw(session, [], localization.id)
    assert session.get(Drawing, localization.id) is None
    make_ready(session, localization, describe(skymap), None)
    session.commit()
    query = "SELECT queue_name, priority, lock FROM procrastinate_jobs WHERE task_name = 'draw'"
    jobs = [tuple(row) for row in session.execute(text(query))]
    assert jobs == [], "nobody has asked for it"
    rule = session.scalars(select(PlanRule).order_by(PlanRule.id).limit(1)).one()
    rule.conditions = {"streams": [event.stream]}
    event.event_time, event.current_localization_id = now(), localization.id
    session.commit()
    propose_plans(session, localization.id)
    jobs = [tuple(row) for row in session.execute(text(query))]
    assert jobs == [(PATIENT, LATER, f"draw-{localization.id}")]


def test_what_is_left_is_the_map_without_our_exposures(session: Session):
    event = add_event(session)
    localization = add_localization(session, event)
    whole = read_skymap(what_is_left(session, localization))
    assert whole.metadata["probability_sum"] == pytest.approx(1, abs=1e-9)
    add_exposures(session, add_submission(session, add_plan(session, event)), 2)
    skymap = load_skymap(session, localization)
    executed = [as_executed(row) for row in exposures_of(session, event.id, "ZTF")]
    covered = ObservedSky.of(skymap, [(camera_of(session, event.id, "ZTF"), executed)]).coverage()
    assert covered.probability > 0.01
    left = read_skymap(what_is_left(session, localization))
    assert left.metadata["probability_sum"] == pytest.approx(1 - covered.probability, abs=1e-6)
    assert left.probability_in(covered.once) == 0


def test_where_nothing_is_left_it_is_said(session: Session):
    event = add_event(session)
    localization = add_localization(session, event)
    add_exposures(session, add_submission(session, add_plan(session, event)), 1)
    executed = [as_executed(row) for row in exposures_of(session, event.id, "ZTF")]
    skymap = load_skymap(session, localization)
    once = ObservedSky.of(skymap, [(camera_of(session, event.id, "ZTF"), executed)]).coverage().once
    inside = add_localization(session, event, skymap.without(once.complement()))
    with pytest.raises(Forbidden, match="Nothing is left"):
        what_is_left(session, inside)

"""Draw the map of a localization, with what is planned and what was observed on it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from planners.skymaps.drawings import process as drawing_process
from planners.skymaps.drawings.outlined_tiles import OBSERVED, PLANNED, Tiles
from telescopes import TELESCOPES
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Drawing, Localization, LocalizationState, SkyMapFile
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.workflows.exposures.records import camera_of, exposures_of
from too_marshal.workflows.recommended_plan import recommended_plan

_MAX_TILES = 2000
"""Of one group: beyond, nothing can be told apart."""


def draw(session: Session, reachable: Collection[str], localization_id: int) -> None:
    """Draw a localization that is ready, in the place of what was drawn of it before.

    Parameters
    ----------
    session
        Open session; committed.
    reachable
        Telescopes that have a robot: their plans are drawn before others.
    localization_id
        In any other state than ready nothing is drawn.
    """
    localization = session.get_one(Localization, localization_id)
    if localization.state != LocalizationState.READY:
        return
    file = session.get_one(
        SkyMapFile,
        localization.sky_map_sha256,
        options=[undefer(SkyMapFile.prepared), undefer(SkyMapFile.contours)],
    )
    names = ("peak_ra", "peak_dec", "area_50", "area_90", "contours")
    facts = {name: getattr(file, name) for name in names}
    prepared, tiles = (
        file.prepared,
        [*_planned(session, reachable, localization), *_observed(session, localization)],
    )
    session.commit()  # no transaction stays open while a map is drawn
    drawing = drawing_process.draw(prepared, facts, tiles)
    values = {"all_sky": drawing.all_sky, "zoom": drawing.zoom, "drawn_at": now()}
    session.execute(
        insert(Drawing)
        .values(localization_id=localization_id, **values)
        .on_conflict_do_update(index_elements=["localization_id"], set_=values)
    )
    session.commit()


def _planned(
    session: Session, reachable: Collection[str], localization: Localization
) -> list[Tiles]:
    """The plan that the event's page shows; of an older map, that of its own plans."""
    event = session.get_one(Event, localization.event_id)
    is_current = event.current_localization_id == localization.id
    plan_id = recommended_plan(
        session, event.id, reachable, None if is_current else localization.id
    )
    if plan_id is None:
        return []
    plan = session.get_one(Plan, plan_id)
    rows = session.execute(
        select(PlannedExposureRow.ra, PlannedExposureRow.dec)
        .where(PlannedExposureRow.plan_id == plan.id)
        .limit(_MAX_TILES)
    )
    positions = [(row.ra, row.dec) for row in rows]
    return [Tiles.at(f"{plan.telescope}, planned", PLANNED, TELESCOPES[plan.telescope], positions)]


def _observed(session: Session, localization: Localization) -> list[Tiles]:
    """What our telescopes have taken for the event."""
    by_telescope: dict[str, list[tuple[float, float]]] = {}
    for row in exposures_of(session, localization.event_id):
        by_telescope.setdefault(row.telescope, []).append((row.ra, row.dec))
    return [
        Tiles.at(
            f"{name}, observed",
            OBSERVED,
            camera_of(session, localization.event_id, name),
            positions[:_MAX_TILES],
        )
        for name, positions in sorted(by_telescope.items())
    ]

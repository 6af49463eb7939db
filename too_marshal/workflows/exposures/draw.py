"""Draw the map of a localization, with what is planned and what was observed on it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from planners.skymaps import drawing_process
from planners.skymaps.outlined_tiles import OBSERVED, PLANNED, Tiles
from telescopes import TELESCOPES
from too_marshal.db.base import now
from too_marshal.db.localizations import Drawing, Localization, LocalizationState, SkyMapFile
from too_marshal.db.plans import Plan, PlannedExposureRow, PlanState
from too_marshal.workflows.exposures.records import camera_of, exposures_of

_MAX_TILES = 2000
"""Of one group: beyond, nothing can be told apart."""


def draw(session: Session, localization_id: int) -> None:
    """Draw a localization that is ready, in the place of what was drawn of it before.

    Parameters
    ----------
    session
        Open session; committed.
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
        [*_planned(session, localization), *_observed(session, localization)],
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


def _planned(session: Session, localization: Localization) -> list[Tiles]:
    """The newest plan of this map."""
    plan = session.scalars(
        select(Plan)
        .where(Plan.localization_id == localization.id, Plan.state == PlanState.READY)
        .order_by(Plan.id.desc())
        .limit(1)
    ).one_or_none()
    if plan is None:
        return []
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

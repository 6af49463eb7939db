"""What the sky map draws, in one answer: contours, the tiles of plans, and what was observed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from telescopes import TELESCOPES
from telescopes.outlines import outline
from telescopes.pairing.pointings import grouped
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Drawing, Localization, SkyMapFile
from too_marshal.db.observing.exposures import Coverage, Exposure
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.db.observing.queues import LIVE, Submission
from too_marshal.web import almanac
from too_marshal.web.layers import pages as layer_pages
from too_marshal.workflows.events.spoken import spoken_name
from too_marshal.workflows.exposures.records import exposures_of
from too_marshal.workflows.planning.choose_map import maps_to_plan_on
from too_marshal.workflows.recommended_plan import recommended_plan


def sky(
    session: Session,
    event: Event,
    plan_ids: Sequence[int] | None,
    reachable: Collection[str],
    versions: Collection[int] = (),
) -> dict[str, Any]:
    """Everything that the map of an event shows.

    Parameters
    ----------
    session
        Open session.
    event
        The event.
    plan_ids
        Plans to show; None: the one that is most likely wanted.
    reachable
        Telescopes that have a robot.
    versions
        Other localizations of the event to be drawn beside the current one.
    """
    localization = event.current_localization
    if plan_ids is None:
        shown = recommended_plan(session, event.id, reachable)
        plan_ids = [] if shown is None else [shown]
    plans = _plans(session, event, plan_ids)
    executed = exposures_of(session, event.id)
    names = {plan.telescope for plan in plans} | {row.telescope for row in executed}
    others = [row for row in maps_to_plan_on(session, event) if row is not localization]
    limits: dict[str, float] = {}
    for plan in plans:
        limit = float(plan.request["airmass_limit"])
        limits[plan.telescope] = min(limit, limits.get(plan.telescope, limit))
    return {
        "event": spoken_name(event),
        "localization": None if localization is None else _localization(session, localization),
        "plans": [_plan(session, plan) for plan in plans],
        "executed": _executed(executed),
        "coverage": _coverage(session, localization),
        "outlines": {name: _outline(name) for name in sorted(names & set(TELESCOPES))},
        "planes": almanac.planes(),
        "bodies": almanac.bodies(now()),
        "sites": almanac.sites(now(), set(reachable), limits),
        "layers": layer_pages.offered(session, event, others),
        "others": [{"id": row.id, "name": layer_pages.version_name(row)} for row in others],
        "versions": [
            {**drawing, "name": layer_pages.version_name(row)}
            for row in others
            if row.id in versions and (drawing := _localization(session, row)) is not None
        ],
    }


def drawn(session: Session, localizations: Sequence[Localization]) -> set[int]:
    """Localizations of which there are pictures."""
    numbers = [row.id for row in localizations]
    query = select(Drawing.localization_id).where(Drawing.localization_id.in_(numbers))
    return set(session.scalars(query))


def _plans(session: Session, event: Event, plan_ids: Sequence[int]) -> list[Plan]:
    query = select(Plan).where(Plan.event_id == event.id, Plan.id.in_(plan_ids)).order_by(Plan.id)
    return list(session.scalars(query))


def _localization(session: Session, localization: Localization) -> dict[str, Any] | None:
    if localization.sky_map_sha256 is None:
        return None
    file = session.get_one(
        SkyMapFile, localization.sky_map_sha256, options=[undefer(SkyMapFile.contours)]
    )
    return {
        "id": localization.id,
        "area_50": file.area_50,
        "area_90": file.area_90,
        "peak": [file.peak_ra, file.peak_dec],
        "contours": file.contours,
    }


def _plan(session: Session, plan: Plan) -> dict[str, Any]:
    rows = session.scalars(
        select(PlannedExposureRow)
        .where(PlannedExposureRow.plan_id == plan.id)
        .order_by(PlannedExposureRow.number)
    ).all()
    is_live = session.scalar(
        select(Submission.id).where(Submission.plan_id == plan.id, Submission.state.in_(LIVE))
    )
    return {
        "id": plan.id,
        "telescope": plan.telescope,
        "area": plan.statistics.get("area"),
        "queued": is_live is not None,
        "tiles": _tiles(rows, lambda row: row.probability),
    }


def _executed(rows: Iterable[Exposure]) -> list[dict[str, Any]]:
    by_telescope: dict[str, list[Exposure]] = {}
    for row in rows:
        by_telescope.setdefault(row.telescope, []).append(row)
    return [
        {"telescope": name, "tiles": _tiles(members, lambda _: None)}
        for name, members in sorted(by_telescope.items())
    ]


def _tiles(rows: Sequence[Any], probability: Any) -> list[dict[str, Any]]:
    """One tile a pointing, with its visits in the order of time."""
    tiles: dict[int, dict[str, Any]] = {}
    for row, pointing in zip(rows, grouped(rows).tolist(), strict=True):
        tile = tiles.setdefault(
            pointing,
            {
                "field": row.field_id,
                "ra": round(row.ra, 5),
                "dec": round(row.dec, 5),
                "probability": probability(row),
                "visits": [],
            },
        )
        tile["visits"].append(
            {
                "filter": row.filter,
                "start": row.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "airmass": None if row.airmass is None else round(row.airmass, 2),
            }
        )
    return list(tiles.values())


def _coverage(session: Session, localization: Localization | None) -> list[dict[str, Any]]:
    if localization is None:
        return []
    query = (
        select(Coverage)
        .where(Coverage.localization_id == localization.id)
        .order_by(Coverage.telescope)
    )
    return [
        {
            "telescope": row.telescope,
            "probability": row.probability,
            "area": row.area,
            "computed_at": row.computed_at.isoformat(),
        }
        for row in session.scalars(query)
    ]


@cache
def _outline(telescope: str) -> list[list[float]]:
    """Outline of a camera: offsets east and north of the boresight in the tangent plane, deg."""
    corners: list[list[float]] = outline(TELESCOPES[telescope].footprint).round(4).tolist()
    return corners

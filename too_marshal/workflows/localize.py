"""Make the sky map of one localization, and let what depends on it follow."""

from __future__ import annotations

import hashlib

from astropy import units as u
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from planners.circles import circle_skymap, ellipse_skymap, polygon_skymap
from planners.contours import contours
from planners.skymap_files import SkyMapInvalid, read_skymap
from planners.skymaps import SkyMap
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.jobs import LATER, defer
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.notices import ReceivedNotice
from too_marshal.notices import notice as said
from too_marshal.notices.registry import parse


class MapUnavailable(Exception):
    """The notice names a map that is not at hand; the message says where it is said to be."""


def localize(session: Session, localization_id: int) -> None:
    """Make and store the map, choose the event's current localization, ask for plans.

    Parameters
    ----------
    session
        Open session; committed.
    localization_id
        Row in state `pending`; any other is left as it is.
    """
    place = session.get_one(Localization, localization_id)
    if place.state != LocalizationState.PENDING:
        return
    row = session.get_one(
        ReceivedNotice, place.notice_id, options=[undefer(ReceivedNotice.payload)]
    )
    where = parse(row.payload, row.topic).localization
    try:
        skymap, original = _skymap_of(where, place.variant)
    except SkyMapInvalid as err:
        _close(session, place, LocalizationState.REFUSED, f"sky map refused: {err}")
    except MapUnavailable as err:
        _close(session, place, LocalizationState.UNAVAILABLE, str(err))
    else:
        place.sky_map_sha256 = store_skymap(session, skymap, original)
        place.state, place.ready_at = LocalizationState.READY, now()
        session.flush()
        _choose_current(session, place)
    session.commit()


def _skymap_of(where: said.Localization | None, variant: str) -> tuple[SkyMap, bytes | None]:
    match where:
        case said.InlineMap(fits=fits, combined=combined):
            chosen = combined if variant == "combined" and combined is not None else fits
            return read_skymap(chosen), chosen
        case said.Circle():
            return _circle(where), None
        case said.Ellipse():
            axes = [where.semi_major, where.semi_minor, where.position_angle] * u.deg
            return ellipse_skymap(
                where.ra * u.deg, where.dec * u.deg, *axes, where.containment
            ), None
        case said.Polygon(vertices=vertices, containment=containment):
            return polygon_skymap(vertices * u.deg, containment), None
        case said.MapLink(url=url, fallback=None):
            raise MapUnavailable(f"the map is at {url}; fetching maps is not built yet")
        case said.MapLink(fallback=said.Circle() as circle):
            return _circle(circle), None
        case _:
            raise MapUnavailable("the notice gives no position")


def _circle(circle: said.Circle) -> SkyMap:
    return circle_skymap(
        circle.ra * u.deg,
        circle.dec * u.deg,
        circle.radius * u.deg,
        circle.containment,
        systematic_model=None if circle.systematics_included else circle.systematic_model,
    )


def store_skymap(session: Session, skymap: SkyMap, original: bytes | None) -> str:
    """Keep a map once, by the hash of its bytes (of its prepared form where it has none).

    Returns
    -------
    str
        The hash.
    """
    prepared = skymap.to_bytes()
    sha256 = hashlib.sha256(original if original is not None else prepared).hexdigest()
    if session.scalar(select(SkyMapFile.sha256).where(SkyMapFile.sha256 == sha256)) is not None:
        return sha256
    distance = skymap.distance_moments()
    peak = skymap.peak()
    session.execute(
        insert(SkyMapFile)
        .values(
            sha256=sha256,
            original=original,
            prepared=prepared,
            area_50=skymap.area(0.5).to_value(u.deg**2),
            area_90=skymap.area(0.9).to_value(u.deg**2),
            distance_mean=None if distance is None else distance[0].to_value(u.Mpc),
            distance_std=None if distance is None else distance[1].to_value(u.Mpc),
            peak_ra=peak.ra.deg,
            peak_dec=peak.dec.deg,
            contours=contours(skymap),
            creator=str(skymap.metadata.get("creator") or "")[:80],
            created_at=now(),
        )
        .on_conflict_do_nothing()
    )
    return sha256


def load_skymap(session: Session, place: Localization) -> SkyMap:
    """Map of a localization that is ready."""
    file = session.get_one(SkyMapFile, place.sky_map_sha256, options=[undefer(SkyMapFile.prepared)])
    return SkyMap.from_bytes(file.prepared)


def _close(session: Session, place: Localization, state: LocalizationState, reason: str) -> None:
    place.state, place.reason, place.ready_at = state, reason, now()
    record(session, reason, subject="localization", subject_id=place.id, event_id=place.event_id)


def _choose_current(session: Session, place: Localization) -> None:
    """Make the latest ready localization, by the mission's own order, the event's current one."""
    event = session.scalars(
        select(Event).where(Event.id == place.event_id).with_for_update(of=Event)
    ).one()
    latest = session.scalars(
        select(Localization)
        .where(
            Localization.event_id == event.id,
            Localization.state == LocalizationState.READY,
            Localization.variant == "own",
        )
        .order_by(Localization.order.desc(), Localization.id.desc())
        .limit(1)
    ).one_or_none()
    file = session.get_one(SkyMapFile, place.sky_map_sha256)
    record(
        session,
        f"Sky map ready: 90 % in {file.area_90:.4g} deg2",
        subject="localization",
        subject_id=place.id,
        event_id=event.id,
    )
    if latest is None or latest.id == event.current_localization_id:
        return
    event.current_localization_id = latest.id
    event.changed_at = now()
    defer(session, "propose_plans", localization_id=latest.id, lock=f"event-{event.id}")
    defer(session, "suggest_links", event_id=event.id, priority=LATER)
    defer(session, "combine_all", event_id=event.id, priority=LATER)

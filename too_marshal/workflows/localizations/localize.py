"""Make the sky map of one localization, and let what depends on it follow."""

from __future__ import annotations

import hashlib

from astropy import units as u
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from planners.skymaps.circles import (
    SYSTEMATIC_MODELS,
    circle_skymap,
    ellipse_skymap,
    polygon_skymap,
)
from planners.skymaps.skymap import SkyMap, SkyMapInvalid
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record, urgency
from too_marshal.db.jobs import URGENT
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.locks import lock
from too_marshal.db.notices import ReceivedNotice
from too_marshal.notices import notice
from too_marshal.notices.registry import parse
from too_marshal.workflows.localizations.map_reader import MapFacts, describe, read_map

FETCHED = "fetched"
"""Variant of a localization whose map is fetched; "fetched-2" is what came later from there."""


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
    localization = session.get_one(Localization, localization_id)
    if localization.state != LocalizationState.PENDING:
        return
    row = session.get_one(
        ReceivedNotice, localization.notice_id, options=[undefer(ReceivedNotice.payload)]
    )
    parsed = parse(row.payload, row.topic)
    if isinstance(parsed.localization, notice.MapLink):
        _fetch_later(session, localization)
    session.commit()  # no transaction stays open while a map is read
    instead = ""
    try:
        facts, original, instead = _map_of(parsed, localization.variant, _duration_class(row))
    except SkyMapInvalid as err:
        state, reason = LocalizationState.REFUSED, f"sky map refused: {err}"
    except MapUnavailable as err:
        state, reason = LocalizationState.UNAVAILABLE, str(err)
    else:
        state, reason = LocalizationState.READY, ""
    localization = lock(session, Localization, localization.id)
    if localization.state == LocalizationState.PENDING:
        if state == LocalizationState.READY:
            make_ready(session, localization, facts, original)
            if instead:
                _note(session, localization, instead)
        else:
            close(session, localization, state, reason)
    session.commit()


def _duration_class(row: ReceivedNotice) -> str:
    """short, long, or whatever else the notice says of the burst's duration."""
    return str((row.document or {}).get("attributes", {}).get("duration_class") or "").lower()


def _map_of(
    parsed: notice.Notice, variant: str, duration: str
) -> tuple[MapFacts, bytes | None, str]:
    """The map, its bytes where it came as a file, and why another than the notice's serves."""
    match parsed.localization:
        case notice.InlineMap(fits=fits, combined=combined, fallback=region):
            chosen = combined if variant == "combined" and combined is not None else fits
            try:
                return read_map(chosen), chosen, ""
            except SkyMapInvalid as err:
                if region is None or variant == "combined":
                    raise
                why = f"sky map refused: {err}; the region that the notice states serves instead"
                return describe(_skymap_of(region, duration)), None, why
        case notice.MapLink(fallback=None):
            gives = "position" if parsed.position is None else "error of its position"
            raise MapUnavailable(f"the notice gives no {gives}, only the address of a map")
        case notice.MapLink(fallback=region) if region is not None:
            return describe(_skymap_of(region, duration)), None, ""
        case notice.Moc(content=content, containment=containment):
            return read_map(content, moc_containment=containment), None, ""
        case notice.Circle() | notice.Ellipse() | notice.Polygon() as region:
            return describe(_skymap_of(region, duration)), None, ""
        case _:
            raise MapUnavailable("the notice gives no position")


def _skymap_of(where: notice.Region, duration: str) -> SkyMap:
    match where:
        case notice.Circle():
            return _circle(where, duration)
        case notice.Ellipse():
            return ellipse_skymap(
                where.ra * u.deg,
                where.dec * u.deg,
                where.semi_major * u.deg,
                where.semi_minor * u.deg,
                where.position_angle * u.deg,
                where.containment,
            )
        case notice.Polygon(vertices=vertices, containment=containment):
            return polygon_skymap(vertices * u.deg, containment)


def _circle(circle: notice.Circle, duration: str) -> SkyMap:
    model = None if circle.systematics_included else circle.systematic_model
    return circle_skymap(
        circle.ra * u.deg,
        circle.dec * u.deg,
        circle.radius * u.deg,
        circle.containment,
        systematic_model=_by_duration(model, duration),
    )


def _by_duration(model: str | None, duration: str) -> str | None:
    """The systematic model of the burst's class, where the mission publishes one by class."""
    refined = f"{model}_{duration}"
    return refined if refined in SYSTEMATIC_MODELS else model


def _fetch_later(session: Session, localization: Localization) -> None:
    """Ask for the map that the notice links; what the notice itself says serves until then."""
    fetched = session.scalar(
        insert(Localization)
        .values(
            event_id=localization.event_id,
            notice_id=localization.notice_id,
            variant=FETCHED,
            order=localization.order,
            kind=localization.kind,
            description=localization.description,
            state=LocalizationState.PENDING,
            reason="",
            attempts=0,
            created_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(Localization.id)
    )
    if fetched is not None:
        tasks.fetch(localization_id=fetched).defer(session, priority=URGENT // 2)


def make_ready(
    session: Session, localization: Localization, facts: MapFacts, original: bytes | None
) -> None:
    """Store the map of a localization and choose the event's current one; not committed."""
    localization.sky_map_sha256 = store_map(session, facts, original)
    localization.state, localization.reason, localization.ready_at = (
        LocalizationState.READY,
        "",
        now(),
    )
    localization.next_attempt_at = None
    session.flush()
    session.expire(localization, ["sky_map"])
    _choose_current(session, localization)


def store_skymap(session: Session, skymap: SkyMap, original: bytes | None) -> str:
    """Keep a map that is at hand; see `store_map`."""
    return store_map(session, describe(skymap), original)


def store_map(session: Session, facts: MapFacts, original: bytes | None) -> str:
    """Keep a map once, by the hash of its bytes (of its prepared form where it has none).

    Returns
    -------
    str
        The hash.
    """
    sha256 = hashlib.sha256(original if original is not None else facts.prepared).hexdigest()
    session.execute(
        insert(SkyMapFile)
        .values(
            sha256=sha256,
            original=original,
            prepared=facts.prepared,
            created_at=now(),
            **facts.columns,
        )
        .on_conflict_do_nothing()
    )
    return sha256


def load_skymap(session: Session, localization: Localization) -> SkyMap:
    """Map of a localization that is ready."""
    file = session.get_one(
        SkyMapFile, localization.sky_map_sha256, options=[undefer(SkyMapFile.prepared)]
    )
    return SkyMap.from_bytes(file.prepared)


def _note(session: Session, localization: Localization, reason: str) -> None:
    """Say of a map that is ready what is odd about it."""
    localization.reason = reason[:1].upper() + reason[1:] + "."
    record(
        session, localization.reason, subject="localization", subject_id=localization.id,
        event_id=localization.event_id,
    )  # fmt: skip


def close(
    session: Session, localization: Localization, state: LocalizationState, reason: str
) -> None:
    """Give up on a localization, and say why; not committed."""
    localization.state, localization.reason, localization.ready_at = state, reason, now()
    localization.next_attempt_at = None
    record(
        session,
        reason,
        subject="localization",
        subject_id=localization.id,
        event_id=localization.event_id,
    )


def _choose_current(session: Session, localization: Localization) -> None:
    """Make the latest ready localization, by the mission's own order, the event's current one."""
    event = lock(session, Event, localization.event_id)
    latest = session.scalars(
        select(Localization)
        .where(
            Localization.event_id == event.id,
            Localization.state == LocalizationState.READY,
            (Localization.variant == "own") | Localization.variant.startswith(FETCHED),
        )
        .order_by(Localization.order.desc(), Localization.id.desc())
        .limit(1)
    ).one_or_none()
    file = session.get_one(SkyMapFile, localization.sky_map_sha256)
    record(
        session,
        f"Sky map ready: 90 % in {file.area_90:.4g} deg2",
        subject="localization",
        subject_id=localization.id,
        event_id=event.id,
    )
    if latest is None or latest.id == event.current_localization_id:
        return
    event.current_localization_id = latest.id
    event.changed_at = now()
    tasks.propose_plans(localization_id=latest.id).defer(
        session, lock=tasks.event_lock(event.id), priority=urgency(event)
    )
    tasks.suggest_links(event_id=event.id).defer(session)
    tasks.combine_all(event_id=event.id).defer(session)

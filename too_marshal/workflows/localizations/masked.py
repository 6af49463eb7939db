"""Maps of Fermi GBM without the sky that the Earth hid from it, made when somebody wants one."""

from __future__ import annotations

from typing import Any

from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from planners.skymaps.earth import USUAL_RADIUS, EarthDisc, stated_earth, without_earth
from planners.skymaps.skymap import SkyMapInvalid
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.localizations.localize import load_skymap, store_skymap
from too_marshal.workflows.localizations.names import MASKED, name_of

STREAMS = frozenset({"fermi_gbm"})
"""Of which the Earth in the satellite's sky is known."""


def can_be_masked(event: Event, localization: Localization) -> bool:
    """Whether somebody may want a map without the Earth."""
    return event.stream in STREAMS and localization.kind not in {MASKED, "product"}


def masked(session: Session, event: Event, localization: Localization) -> Localization:
    """The localization without the sky that the Earth hid; made if it is not there yet.

    Parameters
    ----------
    session
        Open session; not committed.
    event
        Whose map it is.
    localization
        A ready one.

    Raises
    ------
    ValueError
        If nobody says where the Earth was, or it hid all of the map.
    """
    variant = f"no-earth-{localization.id}"
    query = select(Localization).where(
        Localization.notice_id == localization.notice_id, Localization.variant == variant
    )
    known = session.scalars(query).one_or_none()
    if known is not None:
        return known
    if not can_be_masked(event, localization):
        raise ValueError(f"nothing is known of the Earth in map {name_of(localization)}")
    earth, source = _earth(session, event, localization)
    try:
        skymap = without_earth(load_skymap(session, localization), earth)
    except SkyMapInvalid as err:
        raise ValueError(f"all of map {name_of(localization)} lies behind the Earth") from err
    ra, dec = (round(float(angle.deg), 3) for angle in (earth.center.ra, earth.center.dec))
    radius = round(float(earth.radius.to_value(u.deg)), 3)
    visible = float(skymap.metadata["probability_left"])
    session.execute(
        insert(Localization)
        .values(
            event_id=event.id,
            notice_id=localization.notice_id,
            variant=variant,
            order=localization.order,
            kind=MASKED,
            description={
                "kind": MASKED,
                "maps": [
                    {
                        "event": event.name,
                        "localization": localization.id,
                        "sha256": localization.sky_map_sha256,
                    }
                ],
                "ra": ra,
                "dec": dec,
                "radius": radius,
                "source": source,
            },
            state=LocalizationState.READY,
            reason=(
                f"Without the {radius:g} deg around ({ra:g}, {dec:+g}) that the Earth hid, as "
                f"{source} says; {1 - visible:.1%} of the probability was there."
            ),
            attempts=0,
            sky_map_sha256=store_skymap(session, skymap, None),
            created_at=now(),
            ready_at=now(),
        )
        .on_conflict_do_nothing()
    )
    row = session.scalars(query).one()
    record(
        session, f"Map {name_of(row)}", subject="localization", subject_id=row.id,
        event_id=event.id,
    )  # fmt: skip
    return row


def _earth(session: Session, event: Event, localization: Localization) -> tuple[EarthDisc, str]:
    """The disc, and who says so: the map's own file before its notice, before any other notice."""
    file = session.get_one(
        SkyMapFile, localization.sky_map_sha256, options=[undefer(SkyMapFile.original)]
    )
    stated = None if file.original is None else stated_earth(file.original)
    if stated is not None:
        return stated, "the header of the map"
    own_first = ReceivedNotice.id != localization.notice_id
    rows = session.scalars(
        select(ReceivedNotice)
        .where(ReceivedNotice.event_id == event.id)
        .order_by(own_first, ReceivedNotice.id.desc())
    )
    for row in rows:
        disc = _disc((row.document or {}).get("attributes") or {})
        if disc is not None:
            return disc, f"notice {row.id}"
    raise ValueError(
        f"neither map {name_of(localization)} nor a notice of {event.name} says where the Earth was"
    )


def _disc(attributes: dict[str, Any]) -> EarthDisc | None:
    ra, dec = attributes.get("earth_ra_deg"), attributes.get("earth_dec_deg")
    if ra is None or dec is None:
        return None
    radius = attributes.get("earth_radius_deg")
    return EarthDisc(
        SkyCoord(ra * u.deg, dec * u.deg), USUAL_RADIUS if radius is None else radius * u.deg
    )

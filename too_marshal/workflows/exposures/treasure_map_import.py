"""Take in what other groups have told the Treasure Map: as coverage of theirs, and to be drawn."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from astropy import units as u
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from telescopes.errors import QueueError, QueueRefused
from telescopes.outlines import outline
from telescopes.telescope import Footprint, Telescope
from telescopes.treasure_map.client import PointingTable, TreasureMap
from telescopes.treasure_map.exposures import as_exposures
from telescopes.treasure_map.messages import Pointing
from too_marshal import tasks
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.events import Event, record
from too_marshal.db.observing.archives import OthersPointings, PostedPointing
from too_marshal.db.observing.exposures import ExposureImport, Source
from too_marshal.db.observing.plans import Plan
from too_marshal.deployment.logs import without_secrets
from too_marshal.workflows.exposures.cameras import camera_to_json
from too_marshal.workflows.exposures.store import store_exposures

READING_TIME = timedelta(days=7)
"""Other groups' pointings are read so long after an event."""


def read_others(session: Session, treasure_map: TreasureMap | None) -> None:
    """Take in other groups' pointings of the events that we plan for; completed ones count.

    Parameters
    ----------
    session
        Open session; committed.
    treasure_map
        The account; nothing is done without.
    """
    if treasure_map is None:
        return
    events = session.scalars(
        select(Event).where(
            Event.stream == "lvk",
            ~Event.is_test,
            ~Event.is_retracted,
            Event.event_time > now() - READING_TIME,
            Event.id.in_(select(Plan.event_id)),
        )
    ).all()
    for event in events:
        try:
            _read_event(session, treasure_map, event)
        except QueueError as err:
            session.rollback()
            text = f"The Treasure Map cannot be read: {without_secrets(str(err))[:300]}"
            record(session, text, subject="treasure map", event_id=event.id)
            session.commit()


def _read_event(session: Session, treasure_map: TreasureMap, event: Event) -> None:
    read_at = now()
    everybody = treasure_map.pointings(event.key, ("completed", "planned"))
    own = set(session.scalars(select(PostedPointing.pointing_id)))
    pointings = tuple(each for each in everybody.pointings if each.pointing_id not in own)
    table = PointingTable(pointings, everybody.rejected)
    footprints = {}
    for instrument_id in {pointing.instrument_id for pointing in pointings}:
        try:
            footprints[instrument_id] = treasure_map.footprint(instrument_id)
        except QueueRefused:
            continue  # an instrument without a footprint cannot count
    _keep(session, event, table, footprints, read_at)
    for camera, exposures in as_exposures(pointings, footprints):
        row = _import_of(session, event, camera)
        added = store_exposures(session, row.telescope, exposures, row.id).added
        if added:
            row.added += added
            tasks.cover(event_id=row.event_id, telescope=row.telescope).defer(session)
    session.commit()


def _keep(
    session: Session,
    event: Event,
    table: PointingTable,
    footprints: Mapping[int, Footprint],
    read_at: datetime,
) -> None:
    """Keep what was told, in the place of what was told before."""
    pointings = table.pointings
    statuses = [pointing.status for pointing in pointings]
    values = {
        "pointings": [_told(pointing) for pointing in pointings],
        "outlines": {
            str(number): outline(footprint).round(4).tolist()
            for number, footprint in footprints.items()
        },
        "completed": statuses.count("completed"),
        "planned": statuses.count("planned"),
        "rejected": len(table.rejected),
        "read_at": read_at,
    }
    session.execute(
        insert(OthersPointings)
        .values(event_id=event.id, **values)
        .on_conflict_do_update(
            index_elements=["event_id"], set_=values, where=OthersPointings.read_at < read_at
        )
    )


def _told(pointing: Pointing) -> dict[str, Any]:
    angle = float(pointing.position_angle.to_value(u.deg)) % 360
    start: datetime = pointing.time.to_datetime(timezone=UTC)
    return {
        "id": pointing.pointing_id,
        "instrument_id": pointing.instrument_id,
        "instrument": pointing.instrument,
        "status": pointing.status,
        "ra": round(float(pointing.ra.to_value(u.deg)), 5),
        "dec": round(float(pointing.dec.to_value(u.deg)), 5),
        "time": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "band": pointing.band,
        # What is no number cannot be kept as one.
        "depth": pointing.depth if pointing.depth and math.isfinite(pointing.depth) else None,
        "position_angle": round(angle, 2) if math.isfinite(angle) else 0.0,
    }


def _import_of(session: Session, event: Event, camera: Telescope) -> ExposureImport:
    """What holds the exposures of one camera of others, and its footprint."""
    footprint = camera_to_json(camera.footprint)
    # One instrument at two position angles is two cameras.
    digest = hashlib.sha256(repr(footprint).encode()).hexdigest()[:4]
    name = f"{camera.name[:24]} {digest} (others)"
    row = session.scalars(
        select(ExposureImport).where(
            ExposureImport.event_id == event.id, ExposureImport.telescope == name
        )
    ).one_or_none()
    if row is None:
        row = ExposureImport(
            event_id=event.id,
            telescope=name,
            source=Source.OTHERS,
            name=f"{camera.name}, by the Treasure Map"[:120],
            footprint=footprint,
            added=0,
            made_by=MARSHAL,
        )
        session.add(row)
        session.flush()
    return row

"""Take in what other groups have told the Treasure Map, as coverage of theirs."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.errors import QueueError, QueueRefused
from telescopes.telescope import Telescope
from telescopes.treasure_map.client import TreasureMap
from telescopes.treasure_map.exposures import as_exposures
from too_marshal import tasks
from too_marshal.db.archives import PostedPointing
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.events import Event, record
from too_marshal.db.exposures import ExposureImport, Source
from too_marshal.db.plans import Plan
from too_marshal.deployment.logs import without_secrets
from too_marshal.workflows.exposures.cameras import camera_to_json
from too_marshal.workflows.exposures.store import store_exposures

READING_TIME = timedelta(days=7)
"""Other groups' pointings are read so long after an event."""


def read_others(session: Session, treasure_map: TreasureMap | None) -> None:
    """Take in other groups' completed pointings of the events that we plan for.

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
    own = set(session.scalars(select(PostedPointing.pointing_id)))
    table = treasure_map.completed_by_others(event.key, own)
    footprints = {}
    for instrument_id in {pointing.instrument_id for pointing in table.pointings}:
        try:
            footprints[instrument_id] = treasure_map.footprint(instrument_id)
        except QueueRefused:
            continue  # an instrument without a footprint cannot count
    for camera, exposures in as_exposures(table.pointings, footprints):
        row = _import_of(session, event, camera)
        added = store_exposures(session, row.telescope, exposures, row.id).added
        if added:
            row.added += added
            tasks.cover(event_id=row.event_id, telescope=row.telescope).defer(session)
    session.commit()


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

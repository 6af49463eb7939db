"""Stored exposures of an event, and as the planners take them."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from astropy import units as u
from astropy.time import Time
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy import false as sql_false
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from telescopes.observing_plan import ExecutedExposure
from telescopes.telescope import Telescope
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import (
    Exposure,
    ExposureImport,
    Source,
)
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission
from too_marshal.workflows.exposures.cameras import camera_from_json


def exposures_of(session: Session, event_id: int, telescope: str | None = None) -> list[Exposure]:
    """Our own exposures for an event, planned or uploaded, in the order of time."""
    query = select(Exposure).where(_is_ours(event_id)).order_by(Exposure.start, Exposure.id)
    if telescope is not None:
        query = query.where(Exposure.telescope == telescope)
    return list(session.scalars(query))


def times_of_exposures(session: Session, event_id: int) -> list[tuple[str, datetime, float]]:
    """Telescope, start and exposure time (s) of our own exposures for an event, by time."""
    query = select(Exposure.telescope, Exposure.start, Exposure.exposure_time)
    rows = session.execute(query.where(_is_ours(event_id)).order_by(Exposure.start, Exposure.id))
    return [(row[0], row[1], row[2]) for row in rows]


def exposures_by_source(
    session: Session, event: Event, telescope: str
) -> dict[Source, list[Exposure]]:
    """Every exposure of a telescope that counts for an event; sources without any are left out."""
    imports = _imports(session, event.id)
    by_source: dict[Source, list[Exposure]] = {}
    for row in exposures_of(session, event.id, telescope):
        source = Source.PLANNED if row.import_id is None else Source.UPLOADED
        by_source.setdefault(source, []).append(row)
    others = [import_id for import_id, source in imports.items() if source == Source.OTHERS]
    query = select(Exposure).where(Exposure.telescope == telescope)
    if theirs := list(session.scalars(query.where(Exposure.import_id.in_(others)))):
        by_source[Source.OTHERS] = theirs
    if event.event_time is not None:
        survey = query.where(
            Exposure.start.between(event.event_time, event.event_time + SURVEY_WINDOW),
            ~_is_ours(event.id),
            or_(Exposure.import_id.is_(None), Exposure.import_id.not_in(others)),
        )
        if strays := list(session.scalars(survey)):
            by_source[Source.SURVEY] = strays
    return by_source


def _imports(session: Session, event_id: int) -> dict[int, str]:
    query = select(ExposureImport.id, ExposureImport.source)
    return dict(session.execute(query.where(ExposureImport.event_id == event_id)).all())


def _is_ours(event_id: int) -> ColumnElement[bool]:
    """Asked for by a submission of the event, or uploaded for it."""
    asked = select(Submission.id).join(Plan).where(Plan.event_id == event_id)
    return or_(func.coalesce(Exposure.submission_id.in_(asked), sql_false()), is_uploaded(event_id))


def is_uploaded(event_id: int) -> ColumnElement[bool]:
    """Uploaded for the event, as our own."""
    uploaded = select(ExposureImport.id).where(
        ExposureImport.event_id == event_id, ExposureImport.source == Source.UPLOADED
    )
    return func.coalesce(Exposure.import_id.in_(uploaded), sql_false())


def telescopes_of(session: Session, event: Event) -> list[str]:
    """Telescopes whose exposures may count for an event."""
    planned = select(Plan.telescope).where(Plan.event_id == event.id)
    brought = select(ExposureImport.telescope).where(ExposureImport.event_id == event.id)
    return sorted(set(session.scalars(planned.union(brought))))


def camera_of(session: Session, event_id: int, telescope: str) -> Telescope:
    """The telescope, whose footprint came with its exposures if it is not one of ours."""
    if telescope in TELESCOPES:
        return TELESCOPES[telescope]
    footprint = session.scalars(
        select(ExposureImport.footprint)
        .where(
            ExposureImport.event_id == event_id,
            ExposureImport.telescope == telescope,
            ExposureImport.footprint.is_not(None),
        )
        .order_by(ExposureImport.id.desc())
        .limit(1)
    ).one()
    return camera_from_json(telescope, footprint)


def as_executed(row: Exposure) -> ExecutedExposure:
    """The record that the planners' functions take."""
    return ExecutedExposure(
        exposure_id=row.exposure_id,
        field_id=row.field_id,
        ra=row.ra * u.deg,
        dec=row.dec * u.deg,
        filter=row.filter,
        start=Time(row.start),
        exposure_time=row.exposure_time * u.s,
        detectors=np.asarray(row.detectors, dtype=np.int64),
        queue_name=row.queue_name,
        airmass=row.airmass,
        seeing=None if row.seeing is None else row.seeing * u.arcsec,
        limiting_magnitude=row.limiting_magnitude,
    )


SURVEY_WINDOW = timedelta(days=3)
"""Exposures that were taken for something else count for an event so long after it."""

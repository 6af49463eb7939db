"""What the executed exposures of an event cover of its maps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from astropy import units as u
from astropy.time import Time
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy import false as sql_false
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.coverage.sky_coverage import Coverage as Covered
from planners.coverage.sky_coverage import ObservedSky
from planners.skymaps.skymap import SkyMap
from telescopes import TELESCOPES
from telescopes.observing import ExecutedExposure, Telescope
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.exposures import (
    ALL_TELESCOPES,
    OURS,
    Coverage,
    Exposure,
    ExposureImport,
    Source,
)
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.plans import Plan
from too_marshal.db.queues import Submission
from too_marshal.workflows.exposures.cameras import camera_from_json
from too_marshal.workflows.localizations.localize import load_skymap

SURVEY_WINDOW = timedelta(days=3)
"""Exposures that were taken for something else count for an event so long after it."""

DRAWN_EVERY = timedelta(minutes=10)
"""While exposures come in, their picture is drawn no more often."""


def cover(
    session: Session, event_id: int, telescope: str, localization_id: int | None = None
) -> None:
    """Recompute what one telescope's executed exposures cover of a map of an event.

    Parameters
    ----------
    session
        Open session; committed.
    event_id, telescope
        Whose exposures.
    localization_id
        Version of the map; the current one if None.
    """
    event = session.get_one(Event, event_id, populate_existing=True)
    number = localization_id or event.current_localization_id
    if number is None:
        return
    place = session.get_one(Localization, number)
    if place.event_id != event_id or place.state != LocalizationState.READY:
        return
    read_at = now()
    sources = exposures_by_source(session, event, telescope)
    before = session.get(Coverage, (place.id, telescope), populate_existing=True)
    if not sources:
        if before is not None:
            session.delete(before)
        session.commit()
        return
    known = None if before is None else before.probability
    camera = camera_of(session, event_id, telescope)
    skymap = load_skymap(session, place)
    values = {"event_id": event_id, **_values(skymap, [(camera, sources)])}
    _keep(session, place.id, telescope, values, read_at)
    if place.id == event.current_localization_id and values["probability"] != known:
        _tell(session, event, telescope, values)
        tasks.draw(localization_id=place.id).defer(session, wait=DRAWN_EVERY)
    session.commit()


def cover_together(
    session: Session, event_id: int, telescopes: Sequence[str], localization_id: int
) -> None:
    """Recompute what several telescopes cover together of a map; nothing for one alone."""
    event = session.get_one(Event, event_id)
    place = session.get_one(Localization, localization_id)
    read_at = now()
    parts = [
        (camera_of(session, event_id, telescope), sources)
        for telescope in telescopes
        if (sources := exposures_by_source(session, event, telescope))
    ]
    if len(parts) > 1 and place.state == LocalizationState.READY:
        values = {"event_id": event_id, **_values(load_skymap(session, place), parts)}
        _keep(session, place.id, ALL_TELESCOPES, values, read_at)
    session.commit()


def _keep(
    session: Session,
    localization_id: int,
    telescope: str,
    values: dict[str, Any],
    read_at: datetime,
) -> None:
    """Keep what was computed from the exposures of `read_at`, unless later ones were counted."""
    values = {**values, "computed_at": read_at}
    session.execute(
        insert(Coverage)
        .values(localization_id=localization_id, telescope=telescope, **values)
        .on_conflict_do_update(
            index_elements=["localization_id", "telescope"],
            set_=values,
            where=Coverage.computed_at <= read_at,
        )
    )


def _values(
    skymap: SkyMap, cameras: Sequence[tuple[Telescope, dict[Source, list[Exposure]]]]
) -> dict[str, Any]:
    source_of: dict[int, Source] = {}
    parts_of_sky = []
    for camera, by_source in cameras:
        executed = []
        for source, rows in by_source.items():
            made = [as_executed(row) for row in rows]
            source_of |= {id(item): source for item in made}
            executed += made
        parts_of_sky.append((camera, executed))
    everything = [item for _, executed in parts_of_sky for item in executed]
    sources = set(source_of.values())
    sky = ObservedSky.of(skymap, parts_of_sky)

    def of(*wanted: Source) -> Covered:
        return sky.coverage(lambda item: source_of[id(item)] in wanted)

    ours = of(*OURS)
    parts = {
        source.value: ours if sources == {source} and source in OURS else of(source)
        for source in Source
        if source in sources
    }
    if len(sources) > 1:
        parts["all"] = of(*sources)
    return {
        "exposures": ours.exposures,
        "probability": float(ours.probability),
        "probability_twice": float(ours.probability_twice),
        "area": float(ours.area.to_value(u.deg**2)),
        "area_twice": float(ours.area_twice.to_value(u.deg**2)),
        "by_filter": ours.by_filter_json(),
        "by_source": {name: _of_source(part) for name, part in parts.items()},
        "depths": {
            name: sky.depths(name) for name in dict.fromkeys(item.filter for item in everything)
        },
        "series": ours.series_json(),
    }


def _of_source(part: Covered) -> dict[str, Any]:
    return {
        "exposures": part.exposures,
        "probability": float(part.probability),
        "probability_twice": float(part.probability_twice),
        "area": float(part.area.to_value(u.deg**2)),
    }


def _tell(session: Session, event: Event, telescope: str, values: dict[str, Any]) -> None:
    record(
        session,
        f"{telescope} has observed {100 * values['probability']:.1f} % at least once, "
        f"{100 * values['probability_twice']:.1f} % twice ({values['exposures']} exposures)",
        subject="coverage",
        subject_id=event.current_localization_id,
        event_id=event.id,
    )


def exposures_of(session: Session, event_id: int, telescope: str | None = None) -> list[Exposure]:
    """Our own exposures for an event, planned or uploaded, in the order of time."""
    query = select(Exposure).where(_is_ours(event_id)).order_by(Exposure.start, Exposure.id)
    if telescope is not None:
        query = query.where(Exposure.telescope == telescope)
    return list(session.scalars(query))


def exposures_by_source(
    session: Session, event: Event, telescope: str
) -> dict[Source, list[Exposure]]:
    """Every exposure of a telescope that counts for an event; sources without any are left out."""
    imports = _imports(session, event.id)
    found: dict[Source, list[Exposure]] = {}
    for row in exposures_of(session, event.id, telescope):
        source = Source.PLANNED if row.import_id is None else Source.UPLOADED
        found.setdefault(source, []).append(row)
    others = [number for number, source in imports.items() if source == Source.OTHERS]
    query = select(Exposure).where(Exposure.telescope == telescope)
    if theirs := list(session.scalars(query.where(Exposure.import_id.in_(others)))):
        found[Source.OTHERS] = theirs
    if event.event_time is not None:
        survey = query.where(
            Exposure.start.between(event.event_time, event.event_time + SURVEY_WINDOW),
            ~_is_ours(event.id),
            or_(Exposure.import_id.is_(None), Exposure.import_id.not_in(others)),
        )
        if strays := list(session.scalars(survey)):
            found[Source.SURVEY] = strays
    return found


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

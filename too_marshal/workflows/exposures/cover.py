"""What the executed exposures of an event cover of its maps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from astropy import units as u
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.coverage.sky_coverage import Coverage as Covered
from planners.coverage.sky_coverage import ObservedSky
from planners.skymaps.skymap import SkyMap
from telescopes.telescope import Telescope
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.documents import SourceCoverage
from too_marshal.db.events import Event, record
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.observing.exposures import (
    ALL_TELESCOPES,
    OURS,
    Coverage,
    Exposure,
    Source,
)
from too_marshal.workflows.exposures.records import as_executed, camera_of, exposures_by_source
from too_marshal.workflows.localizations.localize import load_skymap

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
    chosen_id = localization_id or event.current_localization_id
    if chosen_id is None:
        return
    localization = session.get_one(Localization, chosen_id)
    if localization.event_id != event_id or localization.state != LocalizationState.READY:
        return
    read_at = now()
    sources = exposures_by_source(session, event, telescope)
    before = session.get(Coverage, (localization.id, telescope), populate_existing=True)
    if not sources:
        if before is not None:
            session.delete(before)
        session.commit()
        return
    known = None if before is None else before.probability
    camera = camera_of(session, event_id, telescope)
    skymap = load_skymap(session, localization)
    values = {"event_id": event_id, **_values(skymap, [(camera, sources)])}
    _keep(session, localization.id, telescope, values, read_at)
    if localization.id == event.current_localization_id and values["probability"] != known:
        _add_activity(session, event, telescope, values)
        tasks.draw(localization_id=localization.id).defer(session, wait=DRAWN_EVERY)
    session.commit()


def cover_together(
    session: Session, event_id: int, telescopes: Sequence[str], localization_id: int
) -> None:
    """Recompute what several telescopes cover together of a map; nothing for one alone."""
    event = session.get_one(Event, event_id)
    localization = session.get_one(Localization, localization_id)
    read_at = now()
    parts = [
        (camera_of(session, event_id, telescope), sources)
        for telescope in telescopes
        if (sources := exposures_by_source(session, event, telescope))
    ]
    if len(parts) > 1 and localization.state == LocalizationState.READY:
        values = {"event_id": event_id, **_values(load_skymap(session, localization), parts)}
        _keep(session, localization.id, ALL_TELESCOPES, values, read_at)
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
            converted = [as_executed(row) for row in rows]
            source_of |= {id(exposure): source for exposure in converted}
            executed += converted
        parts_of_sky.append((camera, executed))
    everything = [exposure for _, executed in parts_of_sky for exposure in executed]
    sources = set(source_of.values())
    sky = ObservedSky.of(skymap, parts_of_sky)

    def of(*wanted: Source) -> Covered:
        return sky.coverage(lambda exposure: source_of[id(exposure)] in wanted)

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
            name: sky.depths(name)
            for name in dict.fromkeys(exposure.filter for exposure in everything)
        },
        "series": ours.series_json(),
    }


def _of_source(part: Covered) -> SourceCoverage:
    return {
        "exposures": part.exposures,
        "probability": float(part.probability),
        "probability_twice": float(part.probability_twice),
        "area": float(part.area.to_value(u.deg**2)),
    }


def _add_activity(session: Session, event: Event, telescope: str, values: dict[str, Any]) -> None:
    record(
        session,
        f"{telescope} has observed {100 * values['probability']:.1f} % at least once, "
        f"{100 * values['probability_twice']:.1f} % twice ({values['exposures']} exposures)",
        subject="coverage",
        subject_id=event.current_localization_id,
        event_id=event.id,
    )

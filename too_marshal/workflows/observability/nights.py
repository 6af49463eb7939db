"""Working out what the nights to come offer for a map: once for each map, telescope and night."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.visibility.nights import night_at
from planners.visibility.region_night import STEP, RegionNight, region_night
from telescopes import TELESCOPES
from telescopes.telescope import Telescope
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.documents import NightNumbers
from too_marshal.db.events import Event, is_fresh, recent, record
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.observing.nights import RegionNightRow
from too_marshal.workflows.localizations.localize import load_skymap

AHEAD = 3
"""Nights that are worked out: this one, or the next one by day, and those that follow it."""

KEPT = timedelta(days=7)
"""Nights that are over for longer are removed: nobody plans for them."""


def work_out_nights(session: Session, reachable: Collection[str], localization_id: int) -> None:
    """Work out the nights that are not known yet, at every telescope.

    Parameters
    ----------
    session
        Open session; committed.
    reachable
        Telescopes that have a robot: their nights come first.
    localization_id
        Nothing is done for a map that is not the current one of its event, or of an event that is
        retracted.
    """
    localization = session.get_one(Localization, localization_id)
    event = session.get_one(Event, localization.event_id, populate_existing=True)
    if event.current_localization_id != localization_id or event.is_retracted:
        return
    if localization.state != LocalizationState.READY:
        return
    known = _known(session, [localization_id])
    is_first = not known
    missing = {
        name: nights
        for name, telescope in TELESCOPES.items()
        if (
            nights := [
                night for night in _to_come(telescope)
                if (localization_id, name, night) not in known
            ]
        )
    }  # fmt: skip
    if not missing:
        return
    skymap = load_skymap(session, localization)
    session.commit()  # no transaction stays open while numbers are crunched
    cells, peak = skymap.cells(), skymap.peak()
    for is_ours in (True, False):
        rows = [
            _columns(localization_id, name, region_night(*cells, peak, TELESCOPES[name], night))
            for name, nights in missing.items()
            if (name in reachable) is is_ours
            for night in nights
        ]
        if not rows:
            continue
        session.execute(insert(RegionNightRow).values(rows).on_conflict_do_nothing())
        if is_first:
            is_first = False
            record(
                session, "The nights to come are worked out", subject="night",
                subject_id=localization_id, event_id=event.id,
            )  # fmt: skip
        session.commit()
    # Who asked for what can be reached knows no sooner.
    tasks.tell_listeners(event_id=event.id).defer(session)
    session.commit()


def look_for_new_nights(session: Session) -> None:
    """Ask for nights that have come nearer, and remove those that are long over.

    Parameters
    ----------
    session
        Open session; committed.
    """
    session.execute(delete(RegionNightRow).where(RegionNightRow.night < (now() - KEPT).date()))
    events = session.scalars(
        select(Event).where(
            recent(), ~Event.is_retracted, Event.current_localization_id.is_not(None)
        )
    ).all()
    # Of test events there may be one each hour, and nobody plans for them the day after.
    wanted = [event for event in events if not event.is_test or is_fresh(event)]
    maps = [event.current_localization_id for event in wanted if event.current_localization_id]
    known = _known(session, maps)
    to_come = {
        (name, night) for name, telescope in TELESCOPES.items() for night in _to_come(telescope)
    }
    for localization_id in maps:
        if any((localization_id, *each) not in known for each in to_come):
            tasks.work_out_nights(localization_id=localization_id).defer(session)
    session.commit()


def _to_come(telescope: Telescope) -> list[date]:
    tonight = night_at(telescope.site, now())
    return [tonight + timedelta(days=ahead) for ahead in range(AHEAD)]


def _known(session: Session, maps: Sequence[int]) -> set[tuple[int, str, date]]:
    query = select(
        RegionNightRow.localization_id, RegionNightRow.telescope, RegionNightRow.night
    ).where(RegionNightRow.localization_id.in_(maps))
    return {(row[0], row[1], row[2]) for row in session.execute(query)}


def _columns(localization_id: int, telescope: str, found: RegionNight) -> dict[str, Any]:
    return {
        "localization_id": localization_id,
        "telescope": telescope,
        "night": found.night,
        "starts_at": found.start.to_datetime(timezone=UTC),
        "numbers": numbers_of(found, TELESCOPES[telescope]),
        "computed_at": now(),
    }


def numbers_of(found: RegionNight, telescope: Telescope) -> NightNumbers:
    """What is stored of a night: rounded to what can be seen in a picture."""
    return {
        "step": STEP,
        "sun_altitude": _rounded(found.sun_altitude, 2),
        "moon_altitude": _rounded(found.moon_altitude, 2),
        "moon_separation": _rounded(found.moon_separation, 1),
        "moon_illumination": round(found.moon_illumination, 3),
        "zenith": [_rounded(position, 3) for position in found.zenith],
        "twilights": {
            name: [round(start), round(end)] for name, (start, end) in found.twilights.items()
        },
        "moon": [[round(time), is_rise] for time, is_rise in found.moon],
        "within": {name: _rounded(values, 4) for name, values in found.within.items()},
        "still_reachable": _rounded(found.still_reachable, 4),
        "deciles": {
            name: [None if np.isnan(value) else round(value, 2) for value in values.tolist()]
            for name, values in found.deciles.items()
        },
        "usable": [[round(start), round(end)] for start, end in found.usable],
        "best": round(found.best, 4),
        "best_until": None if found.best_until is None else round(found.best_until),
        "airmass_limit": telescope.airmass_limit,
    }


def _rounded(values: NDArray[np.float64], digits: int) -> list[float]:
    return [round(value, digits) for value in values.tolist()]

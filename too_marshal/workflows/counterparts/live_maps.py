"""Maps against which alerts are held, prepared once for many batches."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from counterparts.levels.live import LiveMap
from planners.skymaps.skymap import SkyMap
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.workflows.localizations.localize import load_skymap

LIVE_FOR = timedelta(days=14)
"""After T0: so long an alert may be an event's counterpart, as kilonovae and afterglows fade."""

KEPT_LEVEL = 0.95
"""Credible level of the region whose alerts are kept."""

MAX_MAPS = 64
"""That are kept in memory; one is of a few MB."""

_J2000, _J2000_JD = datetime(2000, 1, 1, 12, tzinfo=UTC), 2451545.0


def julian_date(when: datetime) -> float:
    """Julian date of a time, UTC, without its leap second."""
    return _J2000_JD + (when - _J2000) / timedelta(days=1)


def time_of(jd: float) -> datetime:
    """Time of a Julian date, UTC."""
    return _J2000 + timedelta(days=jd - _J2000_JD)


class LiveMaps:
    """Reads the current maps of events, and keeps those that it has read."""

    def __init__(self) -> None:
        self._maps: OrderedDict[str, SkyMap] = OrderedDict()

    def between(self, session: Session, first_jd: float, last_jd: float) -> dict[int, LiveMap]:
        """Maps of which alerts of a time may come, by their event.

        Parameters
        ----------
        session
            Open session.
        first_jd, last_jd
            Julian dates of the first and last alert, UTC.
        """
        rows = session.execute(
            select(Event, Localization)
            .join(Localization, Event.current_localization_id == Localization.id)
            .where(
                Event.is_retracted.is_(False),
                Event.event_time <= time_of(last_jd),
                Event.event_time >= time_of(first_jd) - LIVE_FOR,
                Localization.state == LocalizationState.READY,
            ),
            execution_options={"populate_existing": True},
        )
        live = {}
        for event, localization in rows:
            skymap = self._read(session, localization)
            assert event.event_time is not None
            begin = julian_date(event.event_time)
            end = begin + LIVE_FOR / timedelta(days=1)
            live[event.id] = LiveMap(localization.id, skymap, begin, end)
        return live

    def _read(self, session: Session, localization: Localization) -> SkyMap:
        sha256 = localization.sky_map_sha256 or ""
        if sha256 not in self._maps:
            self._maps[sha256] = load_skymap(session, localization)
            while len(self._maps) > MAX_MAPS:
                self._maps.popitem(last=False)
        self._maps.move_to_end(sha256)
        return self._maps[sha256]

"""Look back when a map comes: alerts of its region that are in the archive already are kept too.

Whoever takes alerts writes them to the archive first, and then reads which maps there are. So of a
map and an alert that come at the same time one finds the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.query import Archive
from counterparts.levels.live import LiveMap, levels_in
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.workflows.counterparts.archiving import archive_folder
from too_marshal.workflows.counterparts.live_maps import (
    KEPT_LEVEL,
    LIVE_FOR,
    julian_date,
    time_of,
)
from too_marshal.workflows.counterparts.take import store
from too_marshal.workflows.localizations.localize import load_skymap

COLUMNS = (
    "survey", "object_id", "candid", "ra", "dec", "jd", "filter", "magnitude", "magnitude_error",
    "limiting_magnitude", "is_positive", "real_bogus", "packet_sha256", "_healpix_29",
)  # fmt: skip


LIMITS = Limits(seconds=3600.0)
"""Of the question to the archive: rows are stored while they are taken, and nobody waits."""

ROWS_AT_ONCE = 500
"""Rows that are stored in one statement, of which each value is a parameter: 65 535 may be."""


def look_back(session: Session, data_dir: Path, localization_id: int) -> int:
    """Keep what the archive has of a map's region.

    Parameters
    ----------
    session
        Open session; committed.
    data_dir
        The data folder.
    localization_id
        One that is no longer its event's current one is passed over.

    Returns
    -------
    int
        Alerts that lie in the region.
    """
    localization = session.get_one(Localization, localization_id, populate_existing=True)
    event = session.get_one(Event, localization.event_id, populate_existing=True)
    folder = archive_folder(data_dir)
    if (
        not folder.is_dir()
        or event.is_retracted
        or event.event_time is None
        or event.current_localization_id != localization_id
        or localization.state != LocalizationState.READY
    ):
        session.commit()
        return 0
    skymap, begin = load_skymap(session, localization), julian_date(event.event_time)
    live = LiveMap(localization_id, skymap, begin, begin + LIVE_FOR / timedelta(days=1))
    event_id = event.id
    session.commit()  # no transaction stays open while the archive is read
    where = Where(region=skymap.region(KEPT_LEVEL), since=live.first_jd, until=live.last_jd)
    found = 0
    for rows in _rows(Archive(folder), where):
        index = np.array([row["hpx29"] for row in rows], dtype=np.int64)
        jd = np.array([julian_date(row["observed_at"]) for row in rows])
        levels = levels_in([live], index, np.clip(jd, live.first_jd, live.last_jd))
        store(session, {event_id: live}, rows, levels)
        session.commit()
        found += len(rows)
    return found


def _rows(archive: Archive, where: Where) -> Iterator[list[dict[str, Any]]]:
    present = now()
    for batch in archive.query(where, COLUMNS, LIMITS):
        for first in range(0, len(batch), ROWS_AT_ONCE):
            some = batch.slice(first, ROWS_AT_ONCE)
            yield [_row(found, present) for found in some.to_pylist()]


def _row(found: dict[str, Any], present: Any) -> dict[str, Any]:
    """A row of the archive as one of the database."""
    row = {name: value for name, value in found.items() if name not in {"jd", "_healpix_29"}}
    return row | {
        "broker": None,
        "hpx29": found["_healpix_29"],
        "observed_at": time_of(found["jd"]),
        "real_bogus_name": None,
        "notes": [],
        "received_at": present,
    }

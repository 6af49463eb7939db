"""What ZTF has executed in a time, asked of the scheduler and of the depot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from astropy.time import Time

from telescopes.errors import QueueUnreachable
from telescopes.protocols.http import HTTPTransport
from telescopes.tables.exposure_tables import ExposureTable
from telescopes.ztf.exposures import merge
from telescopes.ztf.messages import FILTER_IDS
from telescopes.ztf.presence import Message
from telescopes.ztf.records import Processed, read_processed
from telescopes.ztf.scheduler import Scheduler

_MJD_ZERO = dt.date(1858, 11, 17)


def read_executed(
    scheduler: Scheduler, depot: HTTPTransport | None, start: Time, end: Time
) -> ExposureTable:
    """Exposures begun in [start, end) on the robot's clock, in the order of time."""
    first, last = float(start.utc.mjd), float(end.utc.mjd)
    histories = [scheduler.history(date) for date in dates_between(first, last)]
    processed = [_processed(depot, date) for date in dates_between(first, last)]
    merged = merge(
        [entry for history in histories for entry in history.entries],
        [exposure for table in processed for exposure in table.exposures],
    )
    rejected = [row for history in histories for row in history.rejected]
    rejected += [row for table in processed for row in table.rejected]
    exposures = [each for each in merged if first <= float(each.start.mjd) < last]
    return ExposureTable(tuple(exposures), tuple(rejected))


def taken_of(
    scheduler: Scheduler, name: str, sent: Sequence[Message]
) -> tuple[list[tuple[int, int]], float]:
    """What the history has of one request, and how far it reaches.

    Parameters
    ----------
    scheduler
        Is asked for the dates of all windows.
    name
        Of the request, and so of the subprogram.
    sent
        The queues of the request.

    Returns
    -------
    taken
        Field and filter of each exposure.
    latest
        Start of the last exposure of anybody (MJD).

    Raises
    ------
    QueueUnreachable
        If a line that may be of the request cannot be read.
    """
    start = min(float(message["validity_window_mjd"][0]) for message in sent)
    end = max(float(message["validity_window_mjd"][1]) for message in sent)
    histories = [scheduler.history(date) for date in dates_between(start, end + 1e-6)]
    odd = [row for history in histories for row in history.rejected if name in row.text]
    if odd:
        raise QueueUnreachable(f"the history of {name} cannot be read: {odd[0].reason}")
    entries = [entry for history in histories for entry in history.entries]
    taken = [
        (entry.field_id, FILTER_IDS[entry.filter])
        for entry in entries
        if entry.subprogram_name == name and entry.filter in FILTER_IDS
    ]
    return taken, max((entry.start for entry in entries), default=0.0)


def dates_between(start: float, end: float) -> list[str]:
    """UT dates (ISO) that meet [start, end) in MJD."""
    days = range(int(start), int(end) + (end > int(end)))
    return [(_MJD_ZERO + dt.timedelta(days=day)).isoformat() for day in days]


def _processed(depot: HTTPTransport | None, date: str) -> Processed:
    """The depot's table of one UT date; nothing before it exists."""
    if depot is None:
        return Processed()
    day = date.replace("-", "")
    answer = depot.exchange("GET", f"/{day}/ztf_recentproc_{day}.json")
    return Processed() if answer.status == 404 else read_processed(answer.expect().json())

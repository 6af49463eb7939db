"""What ZTF has executed in a time, asked of the scheduler and of the depot."""

from __future__ import annotations

from astropy.time import Time

from telescopes.exposure_tables import ExposureTable
from telescopes.transports import HTTPTransport
from telescopes.ztf_exposures import merge
from telescopes.ztf_records import Processed, read_processed
from telescopes.ztf_scheduler import Scheduler, expect


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


def dates_between(start: float, end: float) -> list[str]:
    """UT dates (ISO) that meet [start, end) in MJD."""
    days = range(int(start), int(end) + (end > int(end)))
    return [Time(day, format="mjd", scale="utc").strftime("%Y-%m-%d") for day in days]


def _processed(depot: HTTPTransport | None, date: str) -> Processed:
    """The depot's table of one UT date; nothing before it exists."""
    if depot is None:
        return Processed()
    day = date.replace("-", "")
    answer = depot.exchange("GET", f"/{day}/ztf_recentproc_{day}.json")
    return Processed() if answer.status == 404 else read_processed(expect(answer).json())

"""Times as missions write them, read into UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from too_marshal import clock

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No notice speaks of a source seen before; an earlier time is a fault of the message."""

MAX_AHEAD = timedelta(days=1)
"""An early warning may name a time minutes ahead; clocks differ; a day ahead is a fault."""

_ISO = re.compile(
    r"\s*(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{0,18}))?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?\s*",
    re.ASCII,
)
_JULIAN = re.compile(r"\s*(?:M?JD)?\s*((?:24\d{5}|[4-9]\d{4})(?:\.\d{0,18})?)\s*", re.ASCII)
_BEYOND_MONTH = re.compile(r"(\d{4}-\d{2})-(-\d{1,2}|0{1,2})T(\S{8,30})", re.ASCII)
_TRUNCATED_JULIAN_DAY_ZERO = datetime(1968, 5, 24, tzinfo=UTC)  # MJD 40000
_MODIFIED_JULIAN_DATE_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_JULIAN_DATE_OF_MODIFIED = Decimal("2400000.5")
_LAST_MICROSECOND = timedelta(seconds=59, microseconds=999_999)


class TimeUnreadable(ValueError):
    """The text is no time, or one that no notice can mean."""


@dataclass(frozen=True)
class Moment:
    """A time, and whether it had to be repaired."""

    time: datetime
    """UTC-aware."""

    repaired: bool = False
    """True where the text did not say exactly this."""


def parse_utc(text: str, now: datetime | None = None) -> Moment:
    """Read an ISO 8601 time, or a Julian date; one without a zone is UTC.

    A Julian date is told by its size, also where 2 400 000.5 days have been taken off.

    A leap second (second 60) becomes the last microsecond of its minute and
    counts as repaired: neither `datetime` nor PostgreSQL can hold it.

    Parameters
    ----------
    text
        Date and time, joined by "T" or a space.
    now
        The clock, against which a time far ahead is refused; the system's by default.

    Raises
    ------
    TimeUnreadable
        If it is no time, before 1990, or more than a day ahead.
    """
    match, julian = _ISO.fullmatch(text), _JULIAN.fullmatch(text)
    if julian is not None:
        return Moment(check_range(_from_julian_date(Decimal(julian[1])), now))
    if match is None:
        raise TimeUnreadable(f"{text[:40]!r} is no ISO 8601 time")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    seconds, repaired = _seconds(int(second or 0), fraction or "")
    try:
        time = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
        time = time + seconds - _offset(zone)
    except (ValueError, OverflowError) as err:
        raise TimeUnreadable(f"{text[:40]!r}: {err}") from err
    return Moment(check_range(time, now), repaired)


def parse_day_beyond_month(text: str) -> datetime:
    """Read the times that GCN wrote with a day of zero or less, e.g. "2016-01--12T13:36:22.84".

    Day 0 is the last of the month before, and so on down; in archived packets the
    truncated Julian day beside such times says the same.

    Raises
    ------
    TimeUnreadable
        If the text is not of that form.
    """
    match = _BEYOND_MONTH.fullmatch(text)
    if match is None:
        raise TimeUnreadable(f"{text[:40]!r} has no day of zero or less")
    first = parse_utc(f"{match[1]}-01T{match[3]}").time
    return check_range(first + timedelta(days=int(match[2]) - 1))


def check_range(time: datetime, now: datetime | None = None) -> datetime:
    """Return `time` if a notice can mean it, else raise `TimeUnreadable`."""
    if time < EARLIEST:
        raise TimeUnreadable(f"{time.isoformat()} is before {EARLIEST.year}")
    if time > (now or clock.now()) + MAX_AHEAD:
        raise TimeUnreadable(f"{time.isoformat()} lies more than a day ahead")
    return time


def from_truncated_julian_day(day: int, second_of_day: float) -> datetime:
    """UTC from a GCN truncated Julian day and second of the day (MJD = TJD + 40000).

    Raises
    ------
    TimeUnreadable
        If the second is not within a day, or the day out of range.
    """
    if not 0 <= second_of_day < 86_401:
        raise TimeUnreadable(f"second of day {second_of_day} is not within a day")
    try:
        time = _TRUNCATED_JULIAN_DAY_ZERO + timedelta(days=day, seconds=second_of_day)
    except OverflowError as err:
        raise TimeUnreadable(f"truncated Julian day {day}: {err}") from err
    return check_range(time)


def from_epoch_milliseconds(milliseconds: float) -> datetime:
    """UTC from milliseconds since 1970, as GCN Circulars count them.

    Raises
    ------
    TimeUnreadable
        If the time is out of range.
    """
    try:
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError) as err:
        raise TimeUnreadable(f"{milliseconds} ms since 1970: {err}") from err
    return check_range(time)


def epoch_milliseconds(time: datetime | None) -> int:
    """Whole milliseconds since 1970; 0 where there is no time."""
    return (
        0
        if time is None
        else (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    )


def _from_julian_date(date: Decimal) -> datetime:
    days = date - _JULIAN_DATE_OF_MODIFIED if date > _JULIAN_DATE_OF_MODIFIED else date
    microseconds = int((days * 86_400_000_000).to_integral_value())
    # Doubles hold a Julian date to some 40 microseconds.
    return _MODIFIED_JULIAN_DATE_ZERO + timedelta(microseconds=microseconds)


def _seconds(second: int, fraction: str) -> tuple[timedelta, bool]:
    if second == 60:
        return _LAST_MICROSECOND, True
    if second > 60:
        raise TimeUnreadable(f"second {second}")
    return timedelta(seconds=second, microseconds=int(fraction[:6].ljust(6, "0"))), False


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z", "UTC"):
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        raise TimeUnreadable(f"the zone {zone} is none")
    size = timedelta(hours=hours, minutes=minutes)
    return -size if zone[0] == "-" else size

"""From fluxes to magnitudes, and from one clock to another."""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import cache

import erfa

from counterparts.packets.alert import LAST_JD, ZERO_POINT, PacketInvalid

FIRST_LEAP_YEAR = 1972
"""Since when UTC differs from TAI by whole seconds."""

_PER_FLUX = 2.5 / math.log(10)
"""Error in mag of a relative error in flux."""


def magnitude_of(flux: float | None, error: float | None) -> tuple[float | None, float | None]:
    """Give the magnitude of a flux's absolute value, and its error.

    Parameters
    ----------
    flux, error
        In uJy.
    """
    if not flux:
        return None, None
    magnitude = ZERO_POINT - 2.5 * math.log10(abs(flux))
    return magnitude, None if error is None else _PER_FLUX * error / abs(flux)


def five_sigma(error: float | None) -> float | None:
    """Give the magnitude of five times an error.

    Parameters
    ----------
    error
        In uJy.
    """
    return ZERO_POINT - 2.5 * math.log10(5 * error) if error and error > 0 else None


def utc(tai: float) -> float:
    """Turn a Julian date from TAI into UTC.

    Not by `erfa.taiutc`, which warns of dates some years after its own release, and makes the days
    that had a leap second longer: there the two differ by a second at most.

    Parameters
    ----------
    tai
        Since 1972, from when on the two differ by whole seconds.

    Raises
    ------
    PacketInvalid
        If it is no such time.
    """
    ends, offsets = _leaps()
    if not ends[0] <= tai < LAST_JD:
        raise PacketInvalid(f"The time is {tai:.10g}, which is no Julian date since 1972.")
    return tai - offsets[bisect_right(ends, tai) - 1]


@cache
def _leaps() -> tuple[list[float], list[float]]:
    """Give when each offset begins to hold, as a Julian date of TAI, and the offset in days."""
    table = erfa.leap_seconds.get()
    table = table[table["year"] >= FIRST_LEAP_YEAR]
    offsets = table["tai_utc"] / 86400
    day, begun = erfa.cal2jd(table["year"], table["month"], 1)
    return list(map(float, day + begun + offsets)), list(map(float, offsets))

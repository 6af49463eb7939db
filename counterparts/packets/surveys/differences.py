"""From fluxes to magnitudes, and from one clock to another."""

from __future__ import annotations

import math

import erfa

from counterparts.packets.alert import ZERO_POINT, PacketInvalid
from counterparts.packets.members import MJD_OFFSET

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
    """Turn a Julian date from TAI into UTC."""
    if not math.isfinite(tai) or not MJD_OFFSET < tai < 2 * MJD_OFFSET:
        raise PacketInvalid(f"The Julian date is {tai:g}, which is no time.")
    day, fraction = erfa.taiutc(MJD_OFFSET, tai - MJD_OFFSET)
    return float(day + fraction)

"""The grid of right ascension and declination of a chart, with its labels at the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.directions import tangent_frames
from planners.geometry.tangent_lines import tangent_lines

_RA_STEPS = tuple(seconds / 240 for seconds in (
    7200, 3600, 1800, 1200, 600, 300, 120, 60, 30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1,
))  # fmt: skip
"""deg; whole parts of an hour."""

_DEC_STEPS = tuple(arcsec / 3600 for arcsec in (
    36000, 18000, 7200, 3600, 1800, 1200, 600, 300, 120, 60, 30, 20, 10, 5, 2, 1,
))  # fmt: skip
"""deg."""

_LINES = 2.5
"""Of each coordinate across the chart, at the least."""

_SAMPLES = 40
"""Points of a line: circles of declination are curved."""


@dataclass(frozen=True)
class GridLine:
    """A line of one right ascension, or one declination."""

    text: str
    parts: list[NDArray[np.float64]]
    """Offsets east and north, rad, each of shape (k, 2)."""

    is_declination: bool


def grid_lines(center: SkyCoord, half: float) -> list[GridLine]:
    """The lines of a chart.

    Parameters
    ----------
    center
        Of the chart (ICRS).
    half
        Half its side, rad in the tangent plane.
    """
    ra, dec = float(center.icrs.ra.deg), float(center.icrs.dec.deg)
    frame = tangent_frames(center)
    reach = float(np.degrees(np.arctan(1.5 * half)))
    width = 2 * float(np.degrees(np.arctan(half)))
    lowest, highest = max(dec - reach, -90.0), min(dec + reach, 90.0)
    has_pole = abs(dec) + reach >= 90
    across = 360.0 if has_pole else 2 * reach / np.cos(np.radians(max(abs(lowest), abs(highest))))
    first, last = (0.0, 360.0) if across >= 360 else (ra - across / 2, ra + across / 2)
    narrowing = 0.02 if has_pole else np.cos(np.radians(dec))
    ra_step = 30.0 if has_pole else _step(_RA_STEPS, width / narrowing)
    dec_step = _step(_DEC_STEPS, width)
    lines = []
    for value in _multiples(ra_step, first, last):
        points = np.column_stack([np.full(_SAMPLES, value), np.linspace(lowest, highest, _SAMPLES)])
        parts = tangent_lines(points, frame)
        lines.append(GridLine(ra_text(value, ra_step), parts, is_declination=False))
    for value in _multiples(dec_step, lowest, highest):
        points = np.column_stack([np.linspace(first, last, _SAMPLES), np.full(_SAMPLES, value)])
        parts = tangent_lines(points, frame)
        lines.append(GridLine(dec_text(value, dec_step), parts, is_declination=True))
    return lines


def _step(steps: tuple[float, ...], width: float) -> float:
    return next((step for step in steps if step * _LINES <= width), steps[-1])


def _multiples(step: float, first: float, last: float) -> list[float]:
    numbers = range(int(np.ceil(first / step)), int(np.floor(last / step)) + 1)
    return [number * step for number in numbers if number * step < first + 360]


def ra_text(value: float, step: float) -> str:
    """Write a right ascension (deg) as finely as its step needs: ``12h34m``."""
    tenths = round(value % 360 * 2400) % 864000
    hours, rest = divmod(tenths, 36000)
    minutes, rest = divmod(rest, 600)
    text = f"{hours:02d}h{minutes:02d}m"
    if step < 1 / 240:
        return f"{text}{rest / 10:04.1f}s"
    return text if step >= 60 / 240 else f"{text}{rest // 10:02d}s"


def dec_text(value: float, step: float) -> str:
    """Write a declination (deg) as finely as its step needs: degrees, arcminutes, arcseconds."""
    arcsec = round(abs(value) * 3600)
    sign = "\N{MINUS SIGN}" if value < 0 and arcsec else "+"
    text = f"{sign}{arcsec // 3600:02d}°"
    if step < 1:
        text += f"{arcsec // 60 % 60:02d}\N{PRIME}"
    return text if step >= 1 / 60 else f"{text}{arcsec % 60:02d}\N{DOUBLE PRIME}"

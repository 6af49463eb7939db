"""When two exposures are of one pointing, and which taken exposure is which planned one.

Two fields of a grid are one where their numbers are: a robot points at its field in its own
way, and neighboring grids may lie close. Everything else is told by the distance on the sky.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
import scipy
from astropy import units as u
from astropy.coordinates import angular_separation
from astropy.time import Time
from numpy.typing import NDArray

SAME_POINTING = 30 / 3600
"""Two positions no farther apart are one pointing, deg.

Robots, and people's tables, echo a position rounded to 0.01 deg (up to 25 arcsec off) or to
whole seconds of time (8 arcsec), and 30 arcsec is a ninth of the smallest camera that we
have. A dither may be smaller: it is no visit of its own, and `planners`' coverage and
`pairing` still tell its positions apart, the one by its cells, the other by taking the nearest.
"""

SAME_POSITION = 1 / 3600
"""Two positions no farther apart cover the same cells, deg."""

SAME_START = 1.0
"""Two exposures of one pointing and filter that begin no farther apart are one, s."""

_SLACK = 1 + 1e-9
"""A distance of just the tolerance counts, however it is rounded."""


class Exposed(Protocol):
    """An exposure, planned or taken: a record, or a row of a database."""

    @property
    def field_id(self) -> int:
        """Field of the grid; negative off the grid."""

    @property
    def ra(self) -> u.Quantity | float:
        """Right ascension (ICRS); a bare number is in deg."""

    @property
    def dec(self) -> u.Quantity | float:
        """Declination (ICRS); a bare number is in deg."""

    @property
    def filter(self) -> str:
        """Filter name."""

    @property
    def start(self) -> Time | datetime:
        """Shutter opens."""


def position(exposure: Exposed) -> tuple[float, float]:
    """Right ascension and declination of an exposure, deg."""
    return _degrees(exposure.ra), _degrees(exposure.dec)


def begin(exposure: Exposed) -> float:
    """Start of an exposure, s since 1970 (UTC)."""
    start = exposure.start
    return start.timestamp() if isinstance(start, datetime) else float(start.unix)


def _degrees(angle: u.Quantity | float) -> float:
    return float(angle.to_value(u.deg) if isinstance(angle, u.Quantity) else angle)


def positions(exposures: Sequence[Exposed]) -> NDArray[np.float64]:
    """Right ascension and declination of exposures, deg, shape (n, 2)."""
    return np.array([position(each) for each in exposures], dtype=float).reshape(-1, 2)


def separation(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Great-circle distance of two positions (right ascension and declination, deg), deg."""
    return float(np.degrees(angular_separation(*np.radians([*first, *second]))))


def is_same_pointing(first: Exposed, second: Exposed, tolerance: float = SAME_POINTING) -> bool:
    """Whether two exposures are of one pointing; `tolerance` in deg."""
    if first.field_id >= 0 and second.field_id >= 0:
        return first.field_id == second.field_id
    return separation(position(first), position(second)) <= tolerance * _SLACK


def vectors(ra_dec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors of positions (right ascension and declination, deg), shape (n, 3)."""
    ra, dec = np.radians(ra_dec).T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def chord(angle: float) -> float:
    """Straight distance of two unit vectors that are `angle` (deg) apart, or a little more."""
    return float(2 * np.sin(np.radians(angle) / 2)) * _SLACK


def grouped(exposures: Sequence[Exposed]) -> NDArray[np.int64]:
    """Which pointing each exposure is of: index of the first exposure of it, shape (n,)."""
    field_id = np.array([each.field_id for each in exposures], dtype=np.int64)
    return group(positions(exposures), SAME_POINTING, field_id)


def group(
    ra_dec: NDArray[np.float64],
    tolerance: float,
    field_id: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Gather positions: each goes to the first before it that stands for a group and is near.

    Parameters
    ----------
    ra_dec
        Right ascension and declination, deg, shape (n, 2).
    tolerance
        Greatest distance from the first of a group, deg.
    field_id
        Fields of a grid, which gather by their numbers; negative off the grid. None: all are.

    Returns
    -------
    ndarray, shape (n,)
        Index of the first of the group of each.
    """
    first = np.arange(len(ra_dec))
    on_grid = np.zeros(len(first), dtype=bool) if field_id is None else field_id >= 0
    if field_id is not None and on_grid.any():
        _, leader, field = np.unique(field_id[on_grid], return_index=True, return_inverse=True)
        first[on_grid] = np.flatnonzero(on_grid)[leader[field]]
    off_grid = np.flatnonzero(~on_grid)
    if len(off_grid) == 0:
        return first
    # Fields lead before what has no field, wherever they stand.
    order = np.concatenate([np.unique(first[on_grid]), off_grid])
    points = vectors(ra_dec[order])
    near = scipy.spatial.cKDTree(points).query_ball_point(points, chord(tolerance))
    leads = np.zeros(len(order), dtype=bool)
    leads[: len(order) - len(off_grid)] = True
    for k in range(len(order) - len(off_grid), len(order)):
        leaders = [other for other in near[k] if leads[other]]
        leads[k] = not leaders
        first[order[k]] = order[min(leaders)] if leaders else order[k]
    return first


def same_as(
    exposure: Exposed, field_id: NDArray[np.int64], ra_dec: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which of many positions (deg, shape (n, 2)) are the pointing of an exposure, shape (n,)."""
    here = vectors(np.array([position(exposure)]))
    near = np.linalg.norm(vectors(ra_dec) - here, axis=-1) <= chord(SAME_POINTING)
    if exposure.field_id < 0:
        return np.asarray(near)
    return np.where(field_id >= 0, field_id == exposure.field_id, near)

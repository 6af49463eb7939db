"""Rows of quadrants, sifted and put together to exposures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table
from astropy.time import Time
from numpy.typing import NDArray

from telescopes.observing_plan import ExecutedExposure
from telescopes.tables.exposure_tables import MAX_TEXT_LENGTH, RejectedRow
from telescopes.ztf.exposures import SAME
from telescopes.ztf.facts import field_centers
from telescopes.ztf.messages import FILTER_IDS

BAD = 1 << 25
"""Information bit of a quadrant whose calibration failed: it is not to be used (Masci et al.
2019, PASP 131, 018003, and the release notes of the archive)."""

_FILTERS = {filter_id: name for name, filter_id in FILTER_IDS.items()}


class RowFilter:
    """A table of numbers, and for each row the first thing that is wrong with it.

    Parameters
    ----------
    table
        What a service has answered; anything may stand in it.
    columns
        Those that are looked at.
    """

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._table = table
        self.columns = tuple(columns)
        self._values = {name: _as_floats(table[name]) for name in columns}
        self._wrong = np.full(len(table), -1)
        self._reasons: list[str] = []

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        return self._values[column]

    def keep(self, is_good: NDArray[np.bool_], reason: str) -> None:
        """Put aside what is not good and has not been put aside before."""
        self._wrong[(self._wrong < 0) & ~is_good] = len(self._reasons)
        self._reasons.append(reason)

    def keep_first(self, *columns: str, reason: str) -> None:
        """Of good rows that agree in these columns keep the first."""
        good = np.flatnonzero(self._wrong < 0)
        keys = np.stack([self._values[name][good] for name in columns], axis=-1)
        _, first = np.unique(keys, axis=0, return_index=True)
        is_first = np.ones(len(self._wrong), dtype=bool)
        is_first[good] = np.isin(np.arange(len(good)), first)
        self.keep(is_first, reason)

    def keep_like_most(self, key: str, tolerances: Mapping[str, float], reason: str) -> None:
        """Of good rows that agree in `key` keep those that are close to most of them in others."""
        good = np.flatnonzero(self._wrong < 0)
        order = np.argsort(self._values[key][good], kind="stable")
        bounds = np.flatnonzero(np.diff(self._values[key][good][order])) + 1
        alike = np.ones(len(self._wrong), dtype=bool)
        for own in np.split(good[order], bounds) if len(good) else []:
            for name, tolerance in tolerances.items():
                values = self._values[name][own]
                # A median of what is there: no mean of two.
                usual = np.sort(values)[len(values) // 2]
                alike[own] &= np.abs(values - usual) <= tolerance
        self.keep(alike, reason)

    def good(self, column: str) -> NDArray[np.float64]:
        """A column of the rows that are left."""
        return self._values[column][self._wrong < 0]

    def rejected(self) -> list[RejectedRow]:
        """The others, numbered from 1."""
        return [
            RejectedRow(int(row) + 1, self._reasons[self._wrong[row]], self._text(int(row)))
            for row in np.flatnonzero(self._wrong >= 0)
        ]

    def _text(self, row: int) -> str:
        cells = (f"{name}={self._table[name][row]}" for name in self._table.colnames)
        return " ".join(cells)[:MAX_TEXT_LENGTH]


def _as_floats(column: object) -> NDArray[np.float64]:
    """Values of a column; NaN for what is absent or no number."""
    values: Any = np.ma.asarray(column)
    try:
        return np.asarray(np.ma.filled(values.astype(float), np.nan))
    except (TypeError, ValueError):
        return np.array([_as_float(value) for value in np.ma.filled(values.astype(object), None)])


def _as_float(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")


def group_quadrants(
    sieve: RowFilter, known: Sequence[ExecutedExposure] = ()
) -> list[ExecutedExposure]:
    """Put quadrants together to exposures, in the order of time.

    Parameters
    ----------
    sieve
        Rows of ``ztf_current_meta_sci``; those of one number agree.
    known
        What the robot has told: an exposure that is among these keeps all but its quality.
    """
    known_by_field: defaultdict[tuple[int, str], list[ExecutedExposure]] = defaultdict(list)
    for exposure in known:
        known_by_field[exposure.field_id, exposure.filter].append(exposure)
    _, which = np.unique(sieve.good("expid"), return_inverse=True)
    order = np.argsort(which, kind="stable")
    bounds = np.flatnonzero(np.diff(which[order])) + 1
    rows = np.split(order, bounds) if len(order) else []
    columns = {name: sieve.good(name) for name in sieve.columns}
    exposures = []
    for own in rows:
        exposure = _exposure({name: values[own] for name, values in columns.items()})
        exposures.append(_recognized(exposure, known_by_field[exposure.field_id, exposure.filter]))
    return sorted(exposures, key=lambda exposure: float(exposure.start.mjd))


def _exposure(rows: Mapping[str, NDArray[np.float64]]) -> ExecutedExposure:
    """One exposure of its quadrants."""
    field_id = int(rows["field"][0])
    bits = np.nan_to_num(rows["infobits"]).astype(np.int64)
    usable = np.isfinite(rows["maglimit"]) & (bits & BAD == 0)
    seeing = _median(rows["seeing"][usable])
    ra, dec = field_centers()[field_id]
    return ExecutedExposure(
        exposure_id=str(int(rows["expid"][0])),
        field_id=field_id,
        ra=ra * u.deg,
        dec=dec * u.deg,
        filter=_FILTERS[int(rows["fid"][0])],
        start=Time(rows["obsjd"][0] - 2400000.5, format="mjd", scale="utc"),
        exposure_time=float(rows["exptime"][0]) * u.s,
        detectors=np.sort(rows["rcid"][usable]).astype(np.int64),
        airmass=_median(rows["airmass"]),
        seeing=None if seeing is None else seeing * u.arcsec,
        limiting_magnitude=_median(rows["maglimit"][usable]),
    )


def _median(values: NDArray[np.float64]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else None


def _recognized(exposure: ExecutedExposure, known: Sequence[ExecutedExposure]) -> ExecutedExposure:
    """As the robot called it, if the robot has told of it."""
    start = float(exposure.start.mjd)
    nearest = min(known, key=lambda other: abs(float(other.start.utc.mjd) - start), default=None)
    if nearest is None or abs(float(nearest.start.utc.mjd) - start) > SAME:
        return exposure
    return replace(
        nearest,
        detectors=exposure.detectors,
        airmass=exposure.airmass or nearest.airmass,
        seeing=exposure.seeing,
        limiting_magnitude=exposure.limiting_magnitude,
    )

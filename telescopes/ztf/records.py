"""The scheduler's history and the depot's table of processed quadrants, read row by row.

A row that cannot be understood is put aside, and the others count.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from telescopes.errors import QueueUnreachable
from telescopes.tables.exposure_tables import MAX_TEXT_LENGTH, RejectedRow
from telescopes.ztf.facts import field_centers
from telescopes.ztf.messages import FILTER_IDS

Row = TypeVar("Row")

N_QUADRANTS = 64
"""Readout channels of the camera."""

_FILTERS = {filter_id: name for name, filter_id in FILTER_IDS.items()}


@dataclass(frozen=True)
class HistoryEntry:
    """One line of the scheduler's history."""

    field_id: int
    filter: str
    ra: float
    dec: float
    start: float
    """MJD."""
    exposure_time: float
    """s."""
    airmass: float | None
    subprogram_name: str


@dataclass(frozen=True)
class History:
    """The history of one date, and rows of it that could not be understood."""

    entries: tuple[HistoryEntry, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()


def read_history(answer: Any) -> History:
    """Read ``GET /obs_history``.

    Raises
    ------
    QueueUnreachable
        If it is not what the scheduler writes, or not one row of it can be understood.
    """
    try:
        rows = answer["history"]
        rows = list(json.loads(rows) if isinstance(rows, str) else rows)
    except (KeyError, TypeError, ValueError) as err:
        raise QueueUnreachable(f"the history cannot be read: {err!r}") from err
    entries, rejected = _sifted(rows, _read_entry)
    if rejected and not entries:
        raise QueueUnreachable(f"the history cannot be read: {rejected[0].reason}")
    return History(tuple(entries), tuple(rejected))


def _sifted(rows: Sequence[Any], read: Callable[[Any], Row]) -> tuple[list[Row], list[RejectedRow]]:
    """What can be read, and what cannot."""
    good: list[Row] = []
    bad: list[RejectedRow] = []
    for row_number, row in enumerate(rows, start=1):
        try:
            good.append(read(row))
        except (KeyError, TypeError, ValueError, OverflowError) as err:
            bad.append(
                RejectedRow(row_number, f"{type(err).__name__}: {err}", str(row)[:MAX_TEXT_LENGTH])
            )
    return good, bad


def _read_entry(row: Mapping[str, Any]) -> HistoryEntry:
    # Strings come with quotation marks of their own from the scheduler's database.
    name = str(row["filter_id"]).strip('"')
    return HistoryEntry(
        int(row["field_id"]),
        _FILTERS[int(name)] if name.isdigit() else name,
        float(row["field_ra"]),
        float(row["field_dec"]),
        float(row["exposure_mjd"]),
        float(row["exposure_time"]),
        None if row.get("airmass") is None else float(row["airmass"]),
        str(row["subprogram_name"]).strip('"'),
    )


@dataclass(frozen=True, eq=False)
class ProcessedExposure:
    """The quadrants of one exposure in the depot's table."""

    exposure_id: int
    field_id: int
    filter: str
    start: float
    """MJD."""
    exposure_time: float
    """s."""
    quadrants: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Processed:
    """The depot's table of one date, and rows of it that could not be understood."""

    exposures: tuple[ProcessedExposure, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()


def read_processed(rows: Any) -> Processed:
    """Read ``ztf_recentproc_<date>.json``.

    Raises
    ------
    QueueUnreachable
        If it is not what the depot writes, or not one row of it can be understood.
    """
    if not isinstance(rows, list):
        raise QueueUnreachable(f"the depot's table cannot be read: {rows!r:.100}")
    good, rejected = _sifted(rows, _checked)
    if rejected and not good:
        raise QueueUnreachable(f"the depot's table cannot be read: {rejected[0].reason}")
    by_exposure: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in good:
        by_exposure[int(row["exposure_id"])].append(row)
    for exposure_id, quadrants in by_exposure.items():
        usual, _ = Counter(map(_shutter, quadrants)).most_common(1)[0]
        reason = f"most of exposure {exposure_id} has another field, filter or time"
        odd = [row for row in quadrants if _shutter(row) != usual]
        rejected += [
            RejectedRow(rows.index(row) + 1, reason, str(row)[:MAX_TEXT_LENGTH]) for row in odd
        ]
        by_exposure[exposure_id] = [row for row in quadrants if _shutter(row) == usual]
        if usual[0] not in field_centers():
            # Only the history could say where that was, and it has no word for quadrants.
            reason = f"exposure {exposure_id}: ZTF has no field {usual[0]}"
            rejected.append(RejectedRow(rows.index(quadrants[0]) + 1, reason, str(quadrants[0])))
            by_exposure[exposure_id] = []
    exposures = tuple(
        ProcessedExposure(
            exposure_id,
            int(quadrants[0]["field_id"]),
            _FILTERS[int(quadrants[0]["filter_id"])],
            float(quadrants[0]["obsjd"]) - 2400000.5,
            float(quadrants[0]["exposure_time"]),
            quadrants,
        )
        for exposure_id, quadrants in by_exposure.items()
        if quadrants
    )
    return Processed(exposures, tuple(rejected))


def _shutter(row: Mapping[str, Any]) -> tuple[int, int, float]:
    """Field, filter and time (JD, to a second): what all quadrants of an exposure share."""
    return int(row["field_id"]), int(row["filter_id"]), round(row["obsjd"] * 86400)


def _checked(row: Any) -> Mapping[str, Any]:
    """Return a row of the depot's table; ValueError and the like if it is none."""
    int(row["exposure_id"])
    int(row["field_id"])
    _FILTERS[int(row["filter_id"])]
    _finite(row, "obsjd")
    if not _finite(row, "exposure_time") > 0:
        raise ValueError(f"exposure_time {row['exposure_time']}")
    if not 0 <= int(row["qid"]) < N_QUADRANTS:
        raise ValueError(f"no quadrant {row['qid']}")
    if row["status"] == 0:
        _finite(row, "maglim")
        _finite(row, "fwhm")
    checked: Mapping[str, Any] = row
    return checked


def _finite(row: Mapping[str, Any], name: str) -> float:
    value = row[name]
    if not (isinstance(value, int | float) and math.isfinite(value)):
        raise ValueError(f"{name} {value!r} is no number")
    return value

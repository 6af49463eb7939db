"""What ZTF has executed: the scheduler's history and IPAC's table of processed quadrants.

The history has each successful exposure within seconds, without a word on quadrants. The
table of processed quadrants has depth, seeing and success by quadrant, minutes later. An
exposure is reported as soon as the history has it, with all quadrants, because the robot
reports success to the scheduler only for exposures that were read out; its limiting
magnitude and seeing are then None. Once the first of its quadrants is processed, only those
that are processed with status 0 count.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from astropy import units as u
from astropy.time import Time

from telescopes.errors import QueueUnreachable
from telescopes.exposure_tables import LONGEST_TEXT, RejectedRow
from telescopes.observing import ExecutedExposure
from telescopes.ztf import ZTF, field_centres
from telescopes.ztf_messages import FILTER_IDS

PIXEL = 1.01 * u.arcsec
"""Bellm et al. 2019, PASP 131, 018002, Table 1. The depot gives widths in pixels."""

SAME = 60 / 86400
"""Two records of one field and filter within this many days are one exposure: the history's
times are those of a report after readout, the table's come from the image header."""

Row = TypeVar("Row")

N_QUADRANTS = 64
"""Readout channels of the camera."""

_FILTERS = {number: name for name, number in FILTER_IDS.items()}


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
    for number, row in enumerate(rows, start=1):
        try:
            good.append(read(row))
        except (KeyError, TypeError, ValueError, OverflowError) as err:
            bad.append(RejectedRow(number, f"{type(err).__name__}: {err}", str(row)[:LONGEST_TEXT]))
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
    for number, quadrants in by_exposure.items():
        usual, _ = Counter(map(_shutter, quadrants)).most_common(1)[0]
        reason = f"most of exposure {number} has another field, filter or time"
        odd = [row for row in quadrants if _shutter(row) != usual]
        rejected += [
            RejectedRow(rows.index(row) + 1, reason, str(row)[:LONGEST_TEXT]) for row in odd
        ]
        by_exposure[number] = [row for row in quadrants if _shutter(row) == usual]
        if usual[0] not in field_centres():
            # Only the history could say where that was, and it has no word for quadrants.
            reason = f"exposure {number}: ZTF has no field {usual[0]}"
            rejected.append(RejectedRow(rows.index(quadrants[0]) + 1, reason, str(quadrants[0])))
            by_exposure[number] = []
    exposures = tuple(
        ProcessedExposure(
            number,
            int(quadrants[0]["field_id"]),
            _FILTERS[int(quadrants[0]["filter_id"])],
            float(quadrants[0]["obsjd"]) - 2400000.5,
            float(quadrants[0]["exposure_time"]),
            quadrants,
        )
        for number, quadrants in by_exposure.items()
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


def merge(
    history: Sequence[HistoryEntry], processed: Sequence[ProcessedExposure]
) -> list[ExecutedExposure]:
    """Put both accounts together, in the order of time."""
    by_field: defaultdict[tuple[int, str], list[ProcessedExposure]] = defaultdict(list)
    for exposure in processed:
        by_field[exposure.field_id, exposure.filter].append(exposure)
    executed = []
    for entry in history:
        candidates = by_field[entry.field_id, entry.filter]
        match = min(candidates, key=lambda other: abs(other.start - entry.start), default=None)
        if match is not None and abs(match.start - entry.start) <= SAME:
            candidates.remove(match)
        else:
            match = None
        executed.append(_from_history(entry, match))
    left = [exposure for candidates in by_field.values() for exposure in candidates]
    executed += [_from_processed(exposure) for exposure in left]
    return sorted(executed, key=lambda exposure: float(exposure.start.mjd))


def exposure_id(start: float) -> str:
    """ZTF's number of the exposure that began at `start` (MJD).

    Units of 1e-5 days since 2017-01-01, the leading part of ZTF's processing identifiers
    (Masci et al. 2019, PASP 131, 018003). Taken from the history wherever there is one, so
    that an exposure keeps its number when its quadrants arrive.
    """
    return str(int((start - 57754) * 1e5))


def _from_history(entry: HistoryEntry, processed: ProcessedExposure | None) -> ExecutedExposure:
    quality = _quality(processed)
    is_too = entry.subprogram_name.startswith("ToO")
    return ExecutedExposure(
        exposure_id=exposure_id(entry.start),
        field_id=entry.field_id,
        ra=entry.ra * u.deg,
        dec=entry.dec * u.deg,
        filter=entry.filter,
        start=Time(entry.start, format="mjd", scale="utc"),
        exposure_time=entry.exposure_time * u.s,
        queue_name=entry.subprogram_name if is_too else None,
        airmass=entry.airmass,
        **quality,
    )


def _from_processed(processed: ProcessedExposure) -> ExecutedExposure:
    """An exposure that the scheduler's history does not know."""
    ra, dec = field_centres()[processed.field_id]
    return ExecutedExposure(
        exposure_id=str(processed.exposure_id),
        field_id=processed.field_id,
        ra=ra * u.deg,
        dec=dec * u.deg,
        filter=processed.filter,
        start=Time(processed.start, format="mjd", scale="utc"),
        exposure_time=processed.exposure_time * u.s,
        **_quality(processed),
    )


def _quality(processed: ProcessedExposure | None) -> dict[str, Any]:
    """Good quadrants, seeing and depth; all quadrants where none is processed yet."""
    if processed is None:
        return {"detectors": ZTF.footprint.detector_id, "seeing": None, "limiting_magnitude": None}
    good = [row for row in processed.quadrants if row["status"] == 0]
    detectors = np.unique(np.array([int(row["qid"]) for row in good], dtype=np.int64))
    return {
        "detectors": detectors,
        "seeing": float(np.median([row["fwhm"] for row in good])) * PIXEL if good else None,
        "limiting_magnitude": float(np.median([row["maglim"] for row in good])) if good else None,
    }

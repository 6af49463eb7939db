"""What ZTF has executed: the scheduler's history and IPAC's table of processed quadrants.

The history has each successful exposure within seconds, without a word on quadrants. The
table of processed quadrants has depth, seeing and success by quadrant, minutes later. An
exposure is reported as soon as the history has it, with all quadrants, because the robot
reports success to the scheduler only for exposures that were read out; its limiting
magnitude and seeing are then None. Once the first of its quadrants is processed, only those
that are processed with status 0 count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from astropy import units as u
from astropy.time import Time

from telescopes.observing_plan import ExecutedExposure
from telescopes.ztf.facts import ZTF, field_centers
from telescopes.ztf.records import HistoryEntry, ProcessedExposure

PIXEL = 1.01 * u.arcsec
"""Bellm et al. 2019, PASP 131, 018002, Table 1. The depot gives widths in pixels."""

SAME = 60 / 86400
"""Two records of one field and filter within this many days are one exposure: the history's
times are those of a report after readout, the table's come from the image header."""


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
    ra, dec = field_centers()[processed.field_id]
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

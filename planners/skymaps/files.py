"""Reading sky maps from FITS: multi-order (UNIQ) and flat HEALPix, plain or gzipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from astropy_healpix.core import ring_to_nested
from numpy.typing import NDArray

from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, SKY_END
from planners.skymaps.checks import cleaned
from planners.skymaps.fits_tables import Table, TableInvalid, open_table
from planners.skymaps.pixel_runs import CHUNK, Columns, TooManyPixels, joined, renumbered, runs
from planners.skymaps.probability_columns import (
    DISTANCE,
    ProbabilityColumn,
    checked_columns,
    column_names,
    find_probability,
    missing_probability,
    stated_columns,
    unsigned_offset,
    whole_numbers,
)
from planners.skymaps.skymap import SkyMap, SkyMapInvalid

_EQUATORIAL = ("C", "CEL", "CELESTIAL", "EQ", "EQU", "EQUATORIAL", "ICRS", "RADEC", "J2000")
_SUM_TOLERANCE = 0.05
_CELLS = "cells"
"""Column of how many cells of the file a range stands for."""

Runs = tuple[NDArray[np.int64], NDArray[np.int64], Columns]


def read_skymap(source: bytes | str | Path) -> SkyMap:
    """Read a sky map from a FITS file.

    Parameters
    ----------
    source
        The file's bytes, or its path. Multi-order, or flat HEALPix in RING or NESTED order with
        implicit or explicit indices; gzipped or not. Equal neighbors of a flat map become one
        range.

    Raises
    ------
    SkyMapInvalid
        If it is none of these, is damaged, or holds something that is no probability; the
        message names the fault, and the file if it was given by its path.
    OSError
        If there is no such file.

    Examples
    --------
    A simulated merger that comes with the service.

    >>> from importlib.resources import as_file, files
    >>> from planners import read_skymap
    >>> bundled = files("too_marshal.data") / "bns_00507deg2_10102.multiorder.fits.gz"
    >>> with as_file(bundled) as path:
    ...     skymap = read_skymap(path)
    >>> print(f"{skymap.area(0.9):.1f}, {skymap.distance_moments()[0]:.0f}")
    507.1 deg2, 244 Mpc

    References
    ----------
    LIGO/Virgo/KAGRA Public Alerts User Guide, "Sky Maps"; Gorski et al. 2005, ApJ 622, 759.
    """
    if isinstance(source, bytes):
        return _read_bytes(source)
    path = Path(source)
    try:
        return _read_bytes(path.read_bytes())
    except SkyMapInvalid as err:
        raise SkyMapInvalid(f"{path}: {err}") from err


def _read_bytes(data: bytes) -> SkyMap:
    # What is no number, or too large for one, is found and named by the checks.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        try:
            table = open_table(data, _is_skymap)
            lo, hi, columns = _read_table(table)
        except TableInvalid as err:
            raise SkyMapInvalid(str(err)) from err
        density, flags = cleaned(columns.pop("density"), columns.pop(_CELLS), hi - lo)
        besides = "".join(f"; {flag}" for flag in flags)
        if not np.any(density > 0):
            raise SkyMapInvalid(f"no pixel has any probability{besides}")
        distance = tuple(columns[name] for name in DISTANCE) if columns else None
        metadata = {**_metadata(table, lo, hi), **({"flags": flags} if flags else {})}
        skymap = SkyMap.normalized((lo, hi), density, distance, metadata)
    total, stated = skymap.metadata["probability_sum"], _stated_sum(table)
    if abs(total - stated) > _SUM_TOLERANCE * stated:
        column = _probability_column(table).stated
        raise SkyMapInvalid(
            f"the probability (column {column}) sums to {total:.4g}, not {stated:.4g}{besides}"
        )
    return skymap


def _is_skymap(table: Table) -> bool:
    """Whether a table looks like a map, however it may turn out."""
    return _says_ordering(table) and _find_probability(table) is not None


def _says_ordering(table: Table) -> bool:
    return "ORDERING" in table.header or "UNIQ" in column_names(table)


def _stated_sum(table: Table) -> float:
    """What the map is meant to sum to: one, unless it says that it is what is left of one."""
    stated = table.header.get("PROBSUM", 1.0)
    return float(stated) if isinstance(stated, float | int) and 0 < stated <= 1 else 1.0


def _read_table(table: Table) -> Runs:
    ordering = _ordering(table)
    _check_frame(table)
    if ordering == "NUNIQ":
        return _read_multiorder(table)
    if str(table.header.get("INDXSCHM", "IMPLICIT")).upper() == "EXPLICIT":
        return _read_explicit(table, ordering)
    return _read_flat(table, ordering)


def _ordering(table: Table) -> str:
    ordering = str(table.header.get("ORDERING", "")).upper()
    if ordering in ("NUNIQ", "UNIQ") or (not ordering and "UNIQ" in column_names(table)):
        return "NUNIQ"
    if ordering in ("NEST", "NESTED"):
        return "NESTED"
    if ordering == "RING":
        return ordering
    there = ", ".join(stated_columns(table))
    what = f"unknown ORDERING {ordering!r}" if ordering else "missing ORDERING"
    raise SkyMapInvalid(f"{what} (columns: {there})")


def _check_frame(table: Table) -> None:
    frame = str(table.header.get("COORDSYS", "C")).upper()
    if frame not in _EQUATORIAL:
        raise SkyMapInvalid(f"COORDSYS {frame!r} is not equatorial")


def _is_multiorder(table: Table) -> bool:
    return "UNIQ" in str(table.header.get("ORDERING", "UNIQ")).upper()


def _find_probability(table: Table) -> ProbabilityColumn | None:
    return find_probability(table, is_multiorder=_is_multiorder(table))


def _probability_column(table: Table) -> ProbabilityColumn:
    column = _find_probability(table)
    if column is None:
        raise SkyMapInvalid(missing_probability(table, is_multiorder=_is_multiorder(table)))
    return column


def _read_multiorder(table: Table) -> Runs:
    if "UNIQ" not in column_names(table):
        raise SkyMapInvalid(f"missing column UNIQ (columns: {', '.join(stated_columns(table))})")
    offset, probability = unsigned_offset(table, "UNIQ"), _probability_column(table)
    wanted = checked_columns(table, probability.name)
    rows = np.concatenate(list(table.chunks(CHUNK)))
    uniq = whole_numbers(rows["UNIQ"], offset)
    if np.any(uniq < 4) or np.any(uniq >= 1 << (2 * HIGHEST_ORDER + 4)):
        raise SkyMapInvalid(f"UNIQ out of range: {int(uniq.min())} to {int(uniq.max())}")
    # The position of the highest bit, which the exponent of a float gives exactly once it
    # cannot be rounded up: the bits below the highest are cleared by halves.
    top = uniq & ~(uniq >> 1)
    order = (np.frexp(top.astype(np.float64))[1].astype(np.int64) - 3) // 2
    shift = 2 * (HIGHEST_ORDER - order)
    lo = (uniq - (np.int64(4) << (2 * order))) << shift
    hi = lo + (np.int64(1) << shift)
    if np.any(lo >= SKY_END):
        raise SkyMapInvalid("UNIQ out of range: no such pixel")
    columns = {name: rows[name].astype(np.float64).ravel() for name in wanted}
    density = probability.densities(columns.pop(probability.name), (hi - lo) * CELL_AREA)
    return lo, hi, {**columns, "density": density, _CELLS: np.ones(len(lo), dtype=np.int64)}


def _read_flat(table: Table, ordering: str) -> Runs:
    order = _flat_order(table)
    probability = _probability_column(table)
    wanted = checked_columns(table, probability.name)
    chunks = _flat_chunks(table, wanted)
    n_pixels = 12 << (2 * order)
    if ordering == "RING":
        chunks = renumbered(joined(chunks, n_pixels), order)
    uniform = float(1 / (4 * np.pi) / probability.scale(4 * np.pi / n_pixels))
    try:
        start, columns = runs(chunks, probability.name, uniform, n_pixels)
    except TooManyPixels as err:
        raise SkyMapInvalid(str(err)) from err
    return _as_ranges(start[:-1], start[1:], columns, order, probability)


def _read_explicit(table: Table, ordering: str) -> Runs:
    """Flat map whose rows carry their pixel numbers, in any order."""
    if "PIXEL" not in column_names(table):
        raise SkyMapInvalid(f"missing column PIXEL (columns: {', '.join(stated_columns(table))})")
    offset, probability = unsigned_offset(table, "PIXEL"), _probability_column(table)
    wanted = checked_columns(table, probability.name)
    nside = table.header.get("NSIDE")
    if type(nside) is not int or not 1 <= nside <= 1 << HIGHEST_ORDER or nside & (nside - 1):
        raise SkyMapInvalid(f"NSIDE {nside!r} is no power of two")
    order = nside.bit_length() - 1
    n_pixels = table.n_rows * int(np.prod(table.dtype[probability.name].shape))
    columns = joined(_flat_chunks(table, (*wanted, "PIXEL")), n_pixels)
    pixel = whole_numbers(columns.pop("PIXEL"), offset)
    if np.any(pixel < 0) or np.any(pixel >= 12 << (2 * order)):
        raise SkyMapInvalid("PIXEL out of range")
    if ordering == "RING":
        pixel = np.asarray(ring_to_nested(pixel, nside), dtype=np.int64)
    return _as_ranges(pixel, pixel + 1, columns, order, probability)


def _flat_order(table: Table) -> int:
    """HEALPix order of a full-sky table, from its number of pixels."""
    per_row = table.dtype[_probability_column(table).name].shape
    n_pixels = table.n_rows * int(np.prod(per_row))
    order = ((n_pixels // 12).bit_length() - 1) // 2
    if n_pixels < 12 or n_pixels != 12 << (2 * order):
        raise SkyMapInvalid(f"{n_pixels} pixels are no full HEALPix sky with NSIDE a power of two")
    nside = table.header.get("NSIDE", 1 << order)
    if nside != 1 << order:
        raise SkyMapInvalid(f"NSIDE {nside!r} does not agree with {n_pixels} pixels")
    return order


def _flat_chunks(table: Table, wanted: tuple[str, ...]) -> Iterator[Columns]:
    per_row = int(np.prod(table.dtype[wanted[0]].shape))
    for rows in table.chunks(max(CHUNK // per_row, 1)):
        columns = {name: rows[name].reshape(-1) for name in wanted}
        missing = np.isinf(columns[wanted[0]])
        if np.any(missing):
            # Infinite would be alike to anything where neighbors are joined; NaN is not.
            columns[wanted[0]] = np.where(missing, np.nan, columns[wanted[0]])
        yield columns


def _as_ranges(
    first: NDArray[np.int64],
    end: NDArray[np.int64],
    columns: Columns,
    order: int,
    probability: ProbabilityColumn,
) -> Runs:
    shift = 2 * (HIGHEST_ORDER - order)
    real = {name: values.astype(np.float64) for name, values in columns.items()}
    pixel_area = np.array(4 * np.pi / (12 << (2 * order)))
    density = probability.densities(real.pop(probability.name), pixel_area)
    return first << shift, end << shift, {**real, "density": density, _CELLS: end - first}


def _metadata(table: Table, lo: NDArray[np.int64], hi: NDArray[np.int64]) -> dict[str, Any]:
    """Plain JSON: what the header says that is worth keeping."""
    header = table.header
    finest = HIGHEST_ORDER - int(np.min(hi - lo)).bit_length() // 2
    about: dict[str, Any] = {"order": finest}
    for keyword in ("CREATOR", "OBJECT", "DATE-OBS", "ORIGIN", "INSTRUME"):
        if isinstance(header.get(keyword), str | int):
            about[keyword.lower().replace("-", "_")] = str(header[keyword])
    for keyword in ("DISTMEAN", "DISTSTD", "LOGBCI", "LOGBSN"):
        value = header.get(keyword)
        if isinstance(value, float | int) and np.isfinite(value):
            about[keyword.lower()] = float(value)
    return about

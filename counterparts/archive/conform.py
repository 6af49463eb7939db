"""Bring alerts into the archive's columns, and refuse what cannot be kept."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from counterparts.archive.columns import COLUMNS, INDEX, NAMES, Column, schema
from counterparts.archive.errors import BatchRefused
from planners.geometry.ranges import hpx29

JD_SPAN = (2400000.5, 2500000.5)
"""What a Julian date can be of an alert: from 1858 to 2132."""


def index_of(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order-29 index of places given in degrees."""
    return hpx29(SkyCoord(ra, dec, unit=u.deg))


def conform(table: pa.Table) -> pa.Table:
    """Bring a batch into the archive's columns and types, and add the index of each place.

    Parameters
    ----------
    table
        Columns of `COLUMNS` by name, of any type that turns into theirs without loss. Those that
        are not needed may be missing.

    Raises
    ------
    BatchRefused
        If a column is unknown, a needed one is missing or empty somewhere, a value does not fit,
        or a place or a time is none.
    """
    if unknown := sorted(set(table.column_names) - set(NAMES)):
        raise BatchRefused(f"The archive has no column {', '.join(unknown)}.")
    arrays = {column.name: _values(table, column) for column in COLUMNS if column.name != INDEX}
    ra, dec, jd = (arrays[name].to_numpy() for name in ("ra", "dec", "jd"))
    # A comparison with what is not a number is false.
    is_place = (
        (ra >= 0) & (ra <= 360) & (np.abs(dec) <= 90) & (jd >= JD_SPAN[0]) & (jd < JD_SPAN[1])
    )
    if not is_place.all():
        row = int(np.argmin(is_place))
        raise BatchRefused(
            f"Alert {arrays['candid'][row]} has no place or time: "
            f"ra {ra[row]}, dec {dec[row]}, jd {jd[row]}."
        )
    arrays[INDEX] = pa.array(index_of(ra, dec))
    return pa.table([arrays[name] for name in NAMES], schema=schema())


def _values(table: pa.Table, column: Column) -> pa.ChunkedArray:
    if column.name not in table.column_names:
        if column.is_needed:
            raise BatchRefused(f"The column {column.name} is missing.")
        return pa.chunked_array([pa.nulls(len(table), column.type)])
    try:
        values = table[column.name].cast(column.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BatchRefused(f"The column {column.name} cannot be read: {error}.") from error
    if column.is_needed and values.null_count:
        row = pc.index(values.is_null(), value=True).as_py()
        raise BatchRefused(f"The column {column.name} is empty in row {row + 1}.")
    return values

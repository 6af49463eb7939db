"""Match a list of positions with the archive: one pass over the files that are touched."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from counterparts.archive.columns import IDENTITY, INDEX, NAMES
from counterparts.archive.errors import FileFault, QueryRefused
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.cones import separation
from counterparts.archive.queries.limits import Limits, too_long
from counterparts.archive.queries.positions import Positions
from counterparts.archive.queries.query import Archive, check_columns
from counterparts.archive.storage.live import LiveFile
from counterparts.archive.storage.rows import index_bounds, opened, read_groups

POSITION = "position"
SEPARATION = "separation"

_NEEDED = (*IDENTITY, "ra", "dec", "jd", "packet_sha256", "received_at")

_BEST = [("packet_sha256", "ascending"), ("received_at", "ascending")]
"""Of equal alerts in several batches the first is given, as by `rows.distinct`."""

_ANY = Where()
_LIMITS = Limits(seconds=300)


def match(
    archive: Archive,
    positions: Positions,
    columns: tuple[str, ...] = NAMES,
    where: Where = _ANY,
    limits: Limits = _LIMITS,
) -> Iterator[pa.Table]:
    """Find the alerts around many positions.

    Parameters
    ----------
    archive
        What is asked.
    positions
        See `Positions.of`.
    columns
        What is wanted of each alert.
    where
        The time to which alerts are narrowed, and nothing else.
    limits
        Of time.

    Yields
    ------
    pyarrow.Table
        For each file in which there is something: `position`, the number of the position, and
        `separation`, arcsec; then the columns. In no order; a pair stands once in all.

    Raises
    ------
    QueryRefused
        If there is another condition, or no such column.
    FileFault
        If a file cannot be read: positions that are not found shall not seem to be free.
    LimitReached
        If it takes longer than it may.
    """
    if where.is_more_than_time:
        raise QueryRefused("Positions are matched with all alerts of a time, and nothing else.")
    check_columns(columns)
    deadline = time.monotonic() + limits.seconds
    touched = archive.touched(where)
    if touched.faults:
        raise FileFault(" ".join(touched.faults))
    names = tuple(dict.fromkeys((*columns, *_NEEDED)))
    shown = [POSITION, SEPARATION, *columns]
    seen: set[tuple[object, ...]] = set()
    for file in touched.catalogs:
        found = _of_file(archive, file, positions, where, names)
        if touched.waiting:
            seen.update(_keys(found))
        if len(found):
            yield found.select(shown)
        if time.monotonic() > deadline:
            raise too_long(limits)
    if touched.waiting:
        fresh = pa.concat_tables(
            _of_file(archive, file, positions, where, names) for file in touched.waiting
        )
        yield _unseen(fresh.sort_by(_BEST), seen).select(shown)


def _of_file(
    archive: Archive,
    file: LiveFile,
    positions: Positions,
    where: Where,
    names: tuple[str, ...],
) -> pa.Table:
    groups = np.flatnonzero(positions.touched(*index_bounds(opened(archive.folder, file))))
    wanted = _with_pairs(archive, file, positions, groups)
    rows = read_groups(archive.folder, file, wanted, names)
    owner, row = positions.pairs(rows) if len(rows) else (wanted[:0], wanted[:0])
    ra, dec, jd = (rows[name].to_numpy()[row] for name in ("ra", "dec", "jd"))
    distance = separation(ra, dec, positions.ra[owner], positions.dec[owner])
    is_near = distance <= positions.radius
    if where.since is not None:
        is_near &= jd >= where.since
    if where.until is not None:
        is_near &= jd < where.until
    near = rows.take(pa.array(row[is_near]))
    near = near.append_column(POSITION, pa.array(owner[is_near]))
    return near.append_column(SEPARATION, pa.array(distance[is_near]))


def _with_pairs(
    archive: Archive, file: LiveFile, positions: Positions, groups: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Groups in which a range holds a row: of the others only the index is read."""
    if not len(groups):
        return groups
    index = read_groups(archive.folder, file, groups, (INDEX,))
    _, row = positions.pairs(index)
    metadata = opened(archive.folder, file).metadata
    ends = np.cumsum([metadata.row_group(int(group)).num_rows for group in groups])
    return groups[np.unique(np.searchsorted(ends, row, side="right"))]


def _keys(found: pa.Table) -> Iterator[tuple[object, ...]]:
    return zip(*(found[name].to_pylist() for name in (POSITION, *IDENTITY)), strict=True)


def _unseen(found: pa.Table, seen: set[tuple[object, ...]]) -> pa.Table:
    kept = []
    for row, key in enumerate(_keys(found)):
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return found.take(pa.array(kept, type=pa.int64()))

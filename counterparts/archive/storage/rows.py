"""Rows out of the archive's files into memory: of a part of the sky, each alert once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from counterparts.archive.columns import COLUMNS, IDENTITY, INDEX, NAMES, schema
from counterparts.archive.errors import FileFault
from counterparts.archive.storage.live import LiveFile

_RANK = "rank"
_BEST = (*((name, "ascending") for name in (INDEX, "survey", "candid", _RANK)),
         ("packet_sha256", "ascending"), ("received_at", "ascending"))  # fmt: skip
"""Of equal alerts the first is kept: what a catalog had already, then one whose packet is kept."""


def opened(folder: Path, file: LiveFile) -> pq.ParquetFile:
    """Open a file whose footer was read before.

    Raises
    ------
    FileFault
        If it cannot be read now.
    """
    try:
        return pq.ParquetFile(folder / file.path)
    except (pa.ArrowException, OSError) as error:
        raise FileFault(f"{file.path} is no Parquet file, or is damaged.") from error


def index_bounds(file: pq.ParquetFile) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last order-29 index in each group of rows."""
    column = file.schema_arrow.get_field_index(INDEX)
    groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
    bounds = [group.column(column).statistics for group in groups]
    return (
        np.array([bound.min for bound in bounds], dtype=np.int64),
        np.array([bound.max for bound in bounds], dtype=np.int64),
    )


def read_groups(
    folder: Path, file: LiveFile, groups: Iterable[int], names: tuple[str, ...] = NAMES
) -> pa.Table:
    """Read some groups of rows; columns that the file is too old for are empty.

    Raises
    ------
    FileFault
        If what is in the file cannot be read.
    """
    source = opened(folder, file)
    wanted = [name for name in names if name in source.schema_arrow.names]
    try:
        table = source.read_row_groups(list(groups), columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise FileFault(f"{file.path} is damaged.") from error
    fields = schema()
    for column in COLUMNS:
        if column.name in names and column.name not in wanted:
            table = table.append_column(
                fields.field(column.name), pa.nulls(len(table), column.type)
            )
    return table.select(list(names)).replace_schema_metadata(fields.metadata)


def index_columns(folder: Path, files: Iterable[LiveFile]) -> Iterator[NDArray[np.int64]]:
    """Order-29 indices of all rows, a file at a time."""
    for file in files:
        groups = range(opened(folder, file).num_row_groups)
        yield read_groups(folder, file, groups, (INDEX,))[INDEX].to_numpy()


def rows_between(folder: Path, ranked: list[list[LiveFile]], lo: int, hi: int) -> pa.Table:
    """Alerts of a range of indices, each once, ordered by index.

    Parameters
    ----------
    folder
        Of the archive.
    ranked
        Files; of equal alerts that in the earlier list is kept.
    lo, hi
        First order-29 index, and one past the last.
    """
    tables = []
    for rank, files in enumerate(ranked):
        for file in files:
            first, last = index_bounds(opened(folder, file))
            groups = np.flatnonzero((last >= lo) & (first < hi))
            if len(groups):
                table = read_groups(folder, file, groups)
                index = table[INDEX].to_numpy()
                inside = table.filter(pa.array((index >= lo) & (index < hi)))
                column = pa.array(np.full(len(inside), rank, dtype=np.int8))
                tables.append(inside.append_column(_RANK, column))
    if not tables:
        return schema().empty_table()
    return distinct(pa.concat_tables(tables)).drop_columns([_RANK]).cast(schema())


def distinct(table: pa.Table) -> pa.Table:
    """Order rows by index, and drop all but the best of those that agree in their identity."""
    index = table[INDEX].to_numpy()
    ordered = table.combine_chunks().take(pa.array(np.argsort(index, kind="stable")))
    index = np.sort(index)
    follows = index[1:] == index[:-1]
    is_tied = np.concatenate([[False], follows]) | np.concatenate([follows, [False]])
    if not is_tied[: len(index)].any():
        return ordered
    # Few rows share a place to a thousandth of an arcsecond: those alone are compared.
    tied = ordered.filter(pa.array(is_tied)).sort_by(list(_BEST))
    whole = pa.concat_tables([ordered.filter(pa.array(~is_tied)), _firsts(tied)]).combine_chunks()
    return whole.take(pa.array(np.argsort(whole[INDEX].to_numpy(), kind="stable")))


def _firsts(tied: pa.Table) -> pa.Table:
    is_new = np.zeros(max(len(tied) - 1, 0), dtype=bool)
    for name in IDENTITY:
        column = tied[name].combine_chunks()
        is_new |= pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return tied.filter(pa.array(np.concatenate([[True], is_new])))


def identities_at(folder: Path, files: list[LiveFile], index: NDArray[np.int64]) -> pa.Table:
    """Identities of the alerts at some places (order-29 indices, sorted), from some files."""
    tables = [schema().empty_table().select(list(IDENTITY))]
    for file in files:
        first, last = index_bounds(opened(folder, file))
        at = np.searchsorted(index, first)
        groups = np.flatnonzero(at < np.searchsorted(index, last, side="right"))
        if len(groups):
            table = read_groups(folder, file, groups, IDENTITY)
            is_there = np.isin(table[INDEX].to_numpy(), index)
            tables.append(table.filter(pa.array(is_there)))
    return pa.concat_tables(tables)

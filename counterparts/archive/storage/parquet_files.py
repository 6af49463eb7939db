"""Parquet files of the archive: how they are written, and what the footer of one says."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from counterparts.archive.columns import INDEX, version_of
from counterparts.archive.errors import FileFault

ROWS_IN_GROUP = 131_072
"""Each group more makes the footer longer, which every question reads."""

ROWS_IN_PAGE = 1024
"""What is read as one of a group: a question for one place reads so many rows of a file."""


@dataclass(frozen=True)
class Facts:
    """What a file's footer says."""

    version: int
    rows: int
    size: int
    first_index: int
    last_index: int
    first_jd: float
    last_jd: float


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write rows in the order in which they are."""
    pq.write_table(
        table,
        path,
        row_group_size=ROWS_IN_GROUP,
        max_rows_per_page=ROWS_IN_PAGE,
        write_batch_size=ROWS_IN_PAGE,
        compression="zstd",
        write_page_index=True,
        use_dictionary=["survey", "filter", "object_id", "program_id", "n_detections"],
        column_encoding={INDEX: "DELTA_BINARY_PACKED"},
    )


def facts_of(folder: Path, path: str) -> Facts:
    """Read the footer of a file; of one that has not changed it is remembered.

    Parameters
    ----------
    folder
        Of the archive.
    path
        From there.

    Raises
    ------
    FileFault
        If it is missing, is no file or lies elsewhere, is no Parquet or of other columns.
    """
    place = folder / path
    if os.path.realpath(place) != str(Path(os.path.realpath(folder)) / path):
        raise FileFault(f"{path} leads out of its folder and is not read.")
    try:
        status = os.lstat(place)
    except OSError as error:
        raise FileFault(f"{path} is missing.") from error
    if not stat.S_ISREG(status.st_mode):
        raise FileFault(f"{path} is no file.")
    return _facts(str(place), path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=20_000)
def _facts(place: str, path: str, size: int, changed: int, number: int) -> Facts:  # noqa: ARG001 - they say whether it is the same
    try:
        metadata = pq.read_metadata(place)
        file_schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise FileFault(f"{path} is no Parquet file, or is damaged.") from error
    version = version_of(file_schema)
    if version is None:
        raise FileFault(f"{path} has not the columns of the archive.")
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    index, jd = (file_schema.get_field_index(name) for name in (INDEX, "jd"))
    bounds = [_bounds(group.column(index)) for group in groups]
    times = [_bounds(group.column(jd)) for group in groups]
    if not groups or None in bounds or None in times:
        raise FileFault(f"{path} does not say which places and times are in it.")
    return Facts(
        version,
        metadata.num_rows,
        size,
        min(low for low, _ in bounds),
        max(high for _, high in bounds),
        min(low for low, _ in times),
        max(high for _, high in times),
    )


def _bounds(column: Any) -> Any:
    statistics = column.statistics
    if statistics is None or not statistics.has_min_max:
        return None
    return statistics.min, statistics.max

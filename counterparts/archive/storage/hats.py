"""The layout of a HATS catalog, which LSDB and others open.

https://www.ivoa.net/documents/Notes/HATS: a file for each cell of the sky, no more than so many
rows in each, sorted by `_healpix_29`; beside them which cells there are, and what is in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from counterparts.archive.columns import INDEX, schema
from counterparts.archive.storage.durable import flush, write_whole
from counterparts.archive.storage.parquet_files import write_parquet
from counterparts.archive.storage.partitions import Cell
from planners.geometry.ranges import HIGHEST_ORDER

_IN_FOLDER = 10_000
"""Pixels that share a folder `Dir`."""

_BUILDER = "too-marshal"


def part_path(cell: Cell) -> str:
    """Where a cell's file stands, from the catalog's folder."""
    group = cell.pixel // _IN_FOLDER * _IN_FOLDER
    return f"dataset/Norder={cell.order}/Dir={group}/Npix={cell.pixel}.parquet"


def write_part(folder: Path, cell: Cell, rows: pa.Table) -> None:
    """Write the rows of a cell, sorted by index."""
    place = folder / part_path(cell)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(rows, place)
    flush(place)


def write_descriptions(folder: Path, name: str, cells: dict[Cell, int], made: str) -> None:
    """Say in the layout's own files what a catalog is.

    Parameters
    ----------
    folder
        Of the catalog, with its parts in place.
    name
        Of the catalog.
    cells
        Rows of each cell.
    made
        When it is made, in the layout's form.
    """
    dataset = folder / "dataset"
    write_whole(dataset / "_common_metadata", partial(_write_schema))
    write_whole(dataset / "_metadata", partial(_write_footers, folder, cells))
    write_whole(folder / "partition_info.csv", _text(_partition_info(cells)))
    write_whole(folder / "hats.properties", _text(_properties(name, cells, made, _size(folder))))


def _write_schema(path: Path) -> None:
    pq.write_metadata(schema(), path)


def _write_footers(folder: Path, cells: Iterable[Cell], path: Path) -> None:
    footers = []
    for cell in cells:
        footer = pq.read_metadata(folder / part_path(cell))
        footer.set_file_path(part_path(cell).removeprefix("dataset/"))
        footers.append(footer)
    pq.write_metadata(schema(), path, metadata_collector=footers)


def _text(lines: list[str]) -> partial[None]:
    return partial(_write_text, "\n".join([*lines, ""]))


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def _partition_info(cells: Iterable[Cell]) -> list[str]:
    return ["Norder,Npix", *(f"{cell.order},{cell.pixel}" for cell in cells)]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def _properties(name: str, cells: dict[Cell, int], made: str, size: int) -> list[str]:
    fraction = np.sum([1 / (12 << (2 * cell.order)) for cell in cells])
    values = {
        "obs_collection": name,
        "dataproduct_type": "source",
        "hats_nrows": sum(cells.values()),
        "hats_col_ra": "ra",
        "hats_col_dec": "dec",
        "hats_col_healpix": INDEX,
        "hats_col_healpix_order": HIGHEST_ORDER,
        "hats_npix_suffix": ".parquet",
        "hats_order": max(cell.order for cell in cells),
        "hats_max_rows": max(cells.values()),
        "hats_estsize": size // 1024,
        "hats_builder": _BUILDER,
        "hats_creation_date": made,
        "hats_version": "v1.0",
        "obs_regime": "Optical",
        "moc_sky_fraction": f"{fraction:.5f}",
    }
    return ["#HATS catalog", *(f"{key}={value}" for key, value in values.items())]

"""Files into one catalog: each alert once, divided by cells of the sky, never all in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from counterparts.archive.columns import IDENTITY, INDEX, SCHEMA_VERSION
from counterparts.archive.storage.catalog import CATALOGS, Catalog, Part
from counterparts.archive.storage.durable import UNFINISHED, place_folder
from counterparts.archive.storage.hats import part_path, write_descriptions, write_part
from counterparts.archive.storage.live import LiveFile
from counterparts.archive.storage.manifest import begin_manifest, write_entry
from counterparts.archive.storage.partitions import MAX_ROWS, Cell, Histogram
from counterparts.archive.storage.rows import identities_at, index_columns, rows_between

_AT_ONCE = 2_000_000
"""Rows that are held in memory, about."""


@dataclass(frozen=True)
class Recipe:
    """What a catalog is, and what it is made from."""

    period: str
    serial: int
    nights: tuple[str, ...]
    """See `Catalog`."""

    catalogs: tuple[Catalog, ...]
    catalog_files: list[LiveFile]
    batch_files: list[LiveFile]

    known_files: list[LiveFile]
    """Of a catalog that stays: what is in it already is left out."""

    @property
    def ranked(self) -> list[list[LiveFile]]:
        """Of equal alerts that in the earlier list is kept."""
        return [self.catalog_files, self.batch_files]


def build(
    folder: Path,
    recipe: Recipe,
    now: float,
    max_rows: int = MAX_ROWS,
) -> Catalog | None:
    """Make a catalog and put its folder in place; nobody sees it before the manifest names it.

    Returns
    -------
    Catalog
        None if every alert is in `recipe.known_files` already.
    """
    name = f"{recipe.period}.{recipe.serial}"
    place, built = folder / CATALOGS / name, folder / CATALOGS / f"{UNFINISHED}{name}"
    for left in (place, built):
        # Of one that was killed: its number was never given away.
        shutil.rmtree(left, ignore_errors=True)
    built.mkdir(parents=True)
    parts: list[Part] = []
    cells: dict[Cell, int] = {}
    for cell, rows in _divided(folder, recipe, max_rows):
        write_part(built, cell, rows)
        size = (built / part_path(cell)).stat().st_size
        parts.append(_part(f"{CATALOGS}/{name}/{part_path(cell)}", rows, size))
        cells[cell] = len(rows)
    if not parts:
        shutil.rmtree(built)
        return None
    made = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%MUTC")
    write_descriptions(built, name, cells, made)
    catalog = Catalog(
        name=name,
        period=recipe.period,
        serial=recipe.serial,
        version=SCHEMA_VERSION,
        nights=recipe.nights,
        parts=tuple(parts),
        absorbed=tuple(file.path for file in recipe.batch_files),
        replaces=tuple(old.name for old in recipe.catalogs),
    )
    write_entry(built, catalog)
    begin_manifest(folder)
    place_folder(built, place)
    return catalog


def _divided(folder: Path, recipe: Recipe, max_rows: int) -> Iterator[tuple[Cell, pa.Table]]:
    histogram = Histogram()
    for files in recipe.ranked:
        for index in index_columns(folder, files):
            histogram.add(index)
    for load in _loads(histogram.cells(max_rows)):
        rows = rows_between(folder, recipe.ranked, load[0].lo, load[-1].hi)
        rows = _without_known(folder, rows, recipe.known_files)
        index = rows[INDEX].to_numpy()
        for cell in load:
            first, last = np.searchsorted(index, [cell.lo, cell.hi])
            if last > first:
                yield cell, rows.slice(first, last - first)


def _loads(cells: list[tuple[Cell, int]]) -> Iterator[list[Cell]]:
    load: list[Cell] = []
    held = 0
    for cell, rows in cells:
        if load and held + rows > _AT_ONCE:
            yield load
            load, held = [], 0
        load.append(cell)
        held += rows
    if load:
        yield load


def _without_known(folder: Path, rows: pa.Table, known_files: list[LiveFile]) -> pa.Table:
    if not known_files:
        return rows
    known = identities_at(folder, known_files, rows[INDEX].to_numpy())
    if not len(known):
        return rows
    kept = rows.join(known, keys=list(IDENTITY), join_type="left anti")
    return kept.take(pa.array(np.argsort(kept[INDEX].to_numpy(), kind="stable"))).cast(rows.schema)


def _part(path: str, rows: pa.Table, size: int) -> Part:
    index, jd = rows[INDEX].to_numpy(), rows["jd"].to_numpy()
    return Part(
        path, len(rows), size, int(index[0]), int(index[-1]), float(jd.min()), float(jd.max())
    )

"""Make the nights of a month that is over into one catalog."""

from __future__ import annotations

import time
from pathlib import Path

from counterparts.archive.storage.build import Recipe, build
from counterparts.archive.storage.catalog import Catalog
from counterparts.archive.storage.durable import sole_writer
from counterparts.archive.storage.live import files_of, live
from counterparts.archive.storage.manifest import Manifest, write_manifest
from counterparts.archive.storage.nights import month_of
from counterparts.archive.storage.partitions import MAX_ROWS


def compact(
    folder: Path, month: str, max_rows: int = MAX_ROWS, now: float | None = None
) -> Catalog | None:
    """Join the closed nights of a month, and its catalog if there is one.

    Queries see the nights or the month, never both and never neither. Batches that wait for their
    night to be closed are left alone.

    Parameters
    ----------
    folder
        Of the archive.
    month
        Such as 2026-11.
    max_rows
        Rows in a file, at most.
    now
        Unix time; the present if none is given.

    Returns
    -------
    Catalog
        The month's; None if there is nothing of that month.

    Raises
    ------
    ArchiveBusy
        If the archive is being put in order by somebody else.
    ManifestFault
        If the list of files is lost.
    FileFault
        If a file of a catalog cannot be read: nothing is changed then.
    """
    now = time.time() if now is None else now
    with sole_writer(folder):
        manifest = live(folder).manifest
        # The month first: of equal alerts the one that was closed first is kept.
        old = [one for one in manifest.catalogs if one.period == month]
        nights = [one for one in manifest.catalogs if not one.is_month and _is_in(one, month)]
        if not nights:
            return old[0] if old else None
        catalogs = (*old, *nights)
        files = [file for catalog in catalogs for file in files_of(folder, catalog)]
        recipe = Recipe(
            period=month,
            serial=manifest.serial + 1,
            nights=tuple(sorted({night for catalog in catalogs for night in catalog.nights})),
            catalogs=catalogs,
            catalog_files=files,
            batch_files=[],
            known_files=[],
        )
        made = build(folder, recipe, now, max_rows)
        assert made is not None
        write_manifest(folder, manifest.with_catalog(made, now))
        return made


def _is_in(catalog: Catalog, month: str) -> bool:
    return month_of(catalog.period) == month


def months_to_compact(manifest: Manifest, present: str) -> tuple[str, ...]:
    """Months before that of the present night of which there are catalogs of single nights."""
    months = {month_of(one.period) for one in manifest.catalogs if not one.is_month}
    return tuple(sorted(month for month in months if month < month_of(present)))

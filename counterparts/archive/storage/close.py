"""Close a night: its batches become a catalog, and what came late joins it the next time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from counterparts.archive.storage.build import Recipe, build
from counterparts.archive.storage.catalog import Catalog
from counterparts.archive.storage.durable import sole_writer
from counterparts.archive.storage.live import Live, LiveFile, catalog_of, files_of, live, readable
from counterparts.archive.storage.manifest import write_manifest
from counterparts.archive.storage.nights import month_of
from counterparts.archive.storage.partitions import MAX_ROWS


@dataclass(frozen=True)
class Closed:
    """What came of it."""

    catalog: Catalog | None
    """The night's catalog now; None if there is none, or none was made."""

    batches: int
    """How many were taken up."""

    faults: tuple[str, ...]
    """What is wrong with the files that could not be read; they stay where they are."""


def close(folder: Path, night: str, max_rows: int = MAX_ROWS, now: float | None = None) -> Closed:
    """Make a night's waiting batches, and its catalog if there is one, into one catalog.

    Queries see the night before or the night after, never both and never neither. Where nothing
    waits nothing happens. Of a night whose month is compacted the late alerts become a catalog
    beside the month's, without those that the month has; the next compaction joins them.

    Parameters
    ----------
    folder
        Of the archive.
    night
        Such as 2026-11-28.
    max_rows
        Rows in a file, at most.
    now
        Unix time; the present if none is given.

    Raises
    ------
    ArchiveBusy
        If the archive is being put in order by somebody else.
    ManifestFault
        If the list of files is lost.
    FileFault
        If a file of the night's catalog cannot be read: nothing is changed then.
    """
    now = time.time() if now is None else now
    with sole_writer(folder):
        state = live(folder)
        batch_files, faults = readable(folder, list(state.waiting.get(night, ())))
        if not batch_files:
            return Closed(catalog_of(state.manifest, night), 0, tuple(faults))
        recipe = _recipe(folder, state, night, batch_files)
        catalog = build(folder, recipe, now, max_rows)
        if catalog is None:
            taken = [file.path for file in batch_files]
            write_manifest(folder, state.manifest.with_leftovers(taken, now))
        else:
            write_manifest(folder, state.manifest.with_catalog(catalog, now))
        return Closed(catalog, len(batch_files), tuple(faults))


def _recipe(folder: Path, state: Live, night: str, batch_files: list[LiveFile]) -> Recipe:
    own, month = (catalog_of(state.manifest, name) for name in (night, month_of(night)))
    return Recipe(
        period=night,
        serial=state.manifest.serial + 1,
        nights=(night,),
        catalogs=() if own is None else (own,),
        catalog_files=[] if own is None else files_of(folder, own),
        batch_files=batch_files,
        known_files=[] if month is None else files_of(folder, month),
    )


def waiting_nights(folder: Path) -> tuple[str, ...]:
    """Nights of which batches wait, the earliest first."""
    return tuple(sorted(live(folder).waiting))

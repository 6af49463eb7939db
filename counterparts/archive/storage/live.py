"""The files that count at one moment, without those that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from counterparts.archive.errors import FileFault
from counterparts.archive.storage.catalog import Catalog
from counterparts.archive.storage.incoming import batches
from counterparts.archive.storage.manifest import Manifest, read_manifest
from counterparts.archive.storage.parquet_files import Facts, facts_of


@dataclass(frozen=True)
class LiveFile:
    """A file that can be read."""

    path: str
    """From the archive's folder."""

    facts: Facts


@dataclass(frozen=True)
class Live:
    """What counts at one moment."""

    manifest: Manifest
    waiting: dict[str, tuple[str, ...]]
    """Batches by night that no catalog has taken up, by their paths from the archive's folder."""


def live(folder: Path) -> Live:
    """Look what counts now.

    Raises
    ------
    ManifestFault
        If the list of files is lost.
    """
    # In this order: a batch that is taken up in between is named as such by the list.
    standing = batches(folder)
    manifest = read_manifest(folder)
    gone = {leftover.path for leftover in manifest.leftovers}
    waiting = {
        night: kept
        for night, paths in standing.items()
        if (kept := tuple(path for path in paths if path not in gone))
    }
    return Live(manifest, waiting)


def readable(folder: Path, paths: list[str]) -> tuple[list[LiveFile], list[str]]:
    """Read the footers of some files.

    Returns
    -------
    files
        Those that can be read.
    faults
        What is wrong with each of the others, in a sentence.
    """
    files, faults = [], []
    for path in paths:
        try:
            files.append(LiveFile(path, facts_of(folder, path)))
        except FileFault as fault:
            faults.append(str(fault))
    return files, faults


def catalog_of(manifest: Manifest, period: str) -> Catalog | None:
    """The catalog of a night or a month, if there is one."""
    return next((one for one in manifest.catalogs if one.period == period), None)


def files_of(folder: Path, catalog: Catalog) -> list[LiveFile]:
    """All files of a catalog.

    Raises
    ------
    FileFault
        If one cannot be read: made into another, the catalog would lose it for good.
    """
    files, faults = readable(folder, [part.path for part in catalog.parts])
    if faults:
        raise FileFault(" ".join(faults))
    return files

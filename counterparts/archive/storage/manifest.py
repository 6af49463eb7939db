"""The list of the files that count: what it does not name is not there, whatever stands there.

It is replaced as a whole, so a reader sees the archive before a change or after it. Each catalog's
folder keeps its own entry too (`ENTRY`), from which a lost list is made anew.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError

from counterparts.archive.errors import ManifestFault
from counterparts.archive.storage.catalog import CATALOGS, Catalog
from counterparts.archive.storage.durable import UNFINISHED, write_whole

MANIFEST = "manifest.json"
ENTRY = "entry.json"


@dataclass(frozen=True)
class Leftover:
    """A file or folder that counts no more, and is kept for those who still read it."""

    path: str
    since: float
    """Unix time."""


@dataclass(frozen=True)
class Manifest:
    """What is in the archive, but for the batches that no catalog has taken up yet."""

    serial: int = 0
    """How many changes there were."""

    catalogs: tuple[Catalog, ...] = ()

    leftovers: tuple[Leftover, ...] = field(default=())
    """Among them the batches that were taken up: they count no more, where they still stand."""

    def with_catalog(self, catalog: Catalog, now: float) -> Self:
        """Put a catalog in the place of those that it was made from."""
        kept = tuple(other for other in self.catalogs if other.name not in catalog.replaces)
        gone = [old.folder for old in self.catalogs if old.name in catalog.replaces]
        return replace(
            self,
            serial=catalog.serial,
            catalogs=tuple(sorted((*kept, catalog), key=lambda one: (one.period, one.serial))),
            leftovers=self._leaving([*gone, *catalog.absorbed], now),
        )

    def without_catalogs(self, names: set[str], now: float) -> Self:
        """Let some catalogs count no more."""
        gone = [old.folder for old in self.catalogs if old.name in names]
        kept = tuple(other for other in self.catalogs if other.name not in names)
        return replace(
            self, serial=self.serial + 1, catalogs=kept, leftovers=self._leaving(gone, now)
        )

    def with_leftovers(self, paths: list[str], now: float) -> Self:
        """Let some batches count no more, whose alerts a catalog has already."""
        return replace(self, serial=self.serial + 1, leftovers=self._leaving(paths, now))

    def _leaving(self, paths: list[str], now: float) -> tuple[Leftover, ...]:
        known = {leftover.path for leftover in self.leftovers}
        return (*self.leftovers, *(Leftover(path, now) for path in paths if path not in known))


_MANIFEST = TypeAdapter(Manifest)
_CATALOG = TypeAdapter(Catalog)


def read_manifest(folder: Path) -> Manifest:
    """Read the list; of a folder in which there is nothing yet, an empty one.

    Raises
    ------
    ManifestFault
        If it cannot be read, or is missing although there are catalogs.
    """
    manifest = _read_if_there(folder)
    if manifest is None and catalog_folders(folder):
        # The first of them may have come since: its list was there before it (`begin_manifest`).
        manifest = _read_if_there(folder)
        if manifest is None:
            raise ManifestFault(
                f"The archive's list of files ({MANIFEST}) is missing, and must be made anew."
            )
    return manifest or Manifest()


def _read_if_there(folder: Path) -> Manifest | None:
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            return _MANIFEST.validate_json(file.read())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ManifestFault(
            f"The archive's list of files ({MANIFEST}) cannot be read, and must be made anew."
        ) from error


def begin_manifest(folder: Path) -> None:
    """Have a list there before the first catalog: a catalog without one tells of a lost list."""
    if not (folder / MANIFEST).exists():
        write_manifest(folder, Manifest())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a list in the place of the old one."""
    write_whole(folder / MANIFEST, partial(_write, _MANIFEST.dump_json(manifest)))


def read_entry(folder: Path) -> Catalog:
    """Read what stands with a catalog.

    Raises
    ------
    ManifestFault
        If it cannot be read.
    """
    try:
        return _CATALOG.validate_json((folder / ENTRY).read_bytes())
    except (OSError, ValidationError) as error:
        raise ManifestFault(f"The entry of catalog {folder.name} cannot be read.") from error


def write_entry(folder: Path, catalog: Catalog) -> None:
    """Keep a catalog's entry with it."""
    write_whole(folder / ENTRY, partial(_write, _CATALOG.dump_json(catalog)))


def _write(text: bytes, path: Path) -> None:
    path.write_bytes(text)


def catalog_folders(folder: Path) -> list[Path]:
    """Folders of all catalogs that stand there, named by the list or not."""
    place = folder / CATALOGS
    if not place.is_dir():
        return []
    return sorted(
        path
        for path in place.iterdir()
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(UNFINISHED)
    )

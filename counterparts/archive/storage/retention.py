"""What is too old, or too much: said before it is removed, the oldest first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from counterparts.archive.storage.catalog import Catalog
from counterparts.archive.storage.durable import sole_writer
from counterparts.archive.storage.manifest import Manifest, read_manifest, write_manifest


@dataclass(frozen=True)
class Retention:
    """How much is kept; None: all."""

    days: int | None = None
    """Nights before the present one."""

    size: int | None = None
    """Bytes of all catalogs."""


@dataclass(frozen=True)
class Removal:
    """A catalog that goes, and why."""

    name: str
    period: str
    rows: int
    size: int
    reason: str


def to_remove(manifest: Manifest, retention: Retention, present: str) -> tuple[Removal, ...]:
    """Say what is to go, the oldest first; the latest catalog stays, however large it is.

    Parameters
    ----------
    manifest
        What there is.
    retention
        How much is kept. A month goes when its last night does.
    present
        The present night, such as 2026-11-28.
    """
    catalogs = sorted(manifest.catalogs, key=lambda one: (one.nights[-1], one.serial))
    old = [] if retention.days is None else _too_old(catalogs, retention.days, present)
    gone = {removal.name for removal in old}
    left = [one for one in catalogs if one.name not in gone]
    return (*old, *([] if retention.size is None else _too_much(left, retention.size)))


def _too_old(catalogs: list[Catalog], days: int, present: str) -> list[Removal]:
    oldest = (date.fromisoformat(present) - timedelta(days=days)).isoformat()
    reason = f"It is older than {days} nights."
    return [_removal(one, reason) for one in catalogs if one.nights[-1] < oldest]


def _too_much(catalogs: list[Catalog], most: int) -> list[Removal]:
    removals, size = [], sum(one.size for one in catalogs)
    for catalog in catalogs[:-1]:
        if size <= most:
            break
        reason = f"All catalogs together have more than {most / 1e9:.3g} GB."
        removals.append(_removal(catalog, reason))
        size -= catalog.size
    return removals


def _removal(catalog: Catalog, reason: str) -> Removal:
    return Removal(catalog.name, catalog.period, catalog.rows, catalog.size, reason)


def remove(
    folder: Path, removals: tuple[Removal, ...], now: float | None = None
) -> tuple[Removal, ...]:
    """Let what `to_remove` said count no more; its files go with the next `sweep`.

    Returns
    -------
    tuple of Removal
        Those that were still there: what was made into another catalog meanwhile is left alone.

    Raises
    ------
    ArchiveBusy
        If the archive is being put in order by somebody else.
    ManifestFault
        If the list of files is lost.
    """
    now = time.time() if now is None else now
    with sole_writer(folder):
        manifest = read_manifest(folder)
        standing = {one.name for one in manifest.catalogs}
        done = tuple(removal for removal in removals if removal.name in standing)
        if done:
            names = {removal.name for removal in done}
            write_manifest(folder, manifest.without_catalogs(names, now))
        return done

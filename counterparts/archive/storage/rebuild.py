"""Make a lost list of the files that count anew, from what stands with each catalog."""

from __future__ import annotations

from pathlib import Path

from counterparts.archive.errors import ManifestFault
from counterparts.archive.storage.manifest import Manifest, catalog_folders, read_entry


def rebuilt_manifest(folder: Path, now: float) -> tuple[Manifest, tuple[str, ...]]:
    """Make the list anew from the entries that stand with the catalogs.

    Returns
    -------
    manifest
        Not yet written.
    unreadable
        Names of the catalogs whose entry cannot be read; they are left where they are.
    """
    found, unreadable = [], []
    for place in catalog_folders(folder):
        try:
            found.append(read_entry(place))
        except ManifestFault:
            unreadable.append(place.name)
    manifest = Manifest()
    for catalog in sorted(found, key=lambda one: one.serial):
        manifest = manifest.with_catalog(catalog, now)
    return manifest, tuple(unreadable)

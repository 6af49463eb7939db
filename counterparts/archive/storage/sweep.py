"""Remove files that count no more, when nobody can still be reading them."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from counterparts.archive.storage.catalog import CATALOGS
from counterparts.archive.storage.durable import UNFINISHED, flush, sole_writer
from counterparts.archive.storage.incoming import INCOMING
from counterparts.archive.storage.manifest import Manifest, read_manifest, write_manifest

GRACE = 3600.0
"""For so long a question may still read what counted when it began, s."""


def sweep(folder: Path, grace: float = GRACE, now: float | None = None) -> tuple[str, ...]:
    """Remove what has counted no more for a while, and what killed processes left behind.

    Parameters
    ----------
    folder
        Of the archive.
    grace
        How long it is kept for those who still read it, s; longer than any question may take.
    now
        Unix time; the present if none is given.

    Returns
    -------
    tuple of str
        What was removed, by its path from the archive's folder.

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
        due = [one for one in manifest.leftovers if one.since <= now - grace]
        paths = [*(one.path for one in due), *_orphans(folder, manifest)]
        gone = [path for path in paths if _remove(folder, path)]
        gone += _unfinished(folder, now - grace)
        # The files first: of a batch that still stood it would be forgotten that it counts no more.
        if due:
            kept = tuple(one for one in manifest.leftovers if one not in due)
            write_manifest(folder, replace(manifest, leftovers=kept))
    return tuple(gone)


def _orphans(folder: Path, manifest: Manifest) -> list[str]:
    """Catalogs that nothing names: who made them was killed."""
    known = {one.folder for one in manifest.catalogs} | {one.path for one in manifest.leftovers}
    place = folder / CATALOGS
    names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    return [path for name in names if (path := f"{CATALOGS}/{name}") not in known]


def _remove(folder: Path, path: str) -> bool:
    """Remove a file or a folder that lies in the archive, and nothing that a link leads to."""
    place = folder / path
    parts = Path(path).parts
    is_within = parts[:1] in {(CATALOGS,), (INCOMING,)} and ".." not in parts and len(parts) > 1
    if not is_within or os.path.realpath(place.parent) != str(
        Path(os.path.realpath(folder)) / Path(path).parent
    ):
        return False
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            place.unlink()
    if place.parent.is_dir():
        flush(place.parent)
    return True


def _unfinished(folder: Path, before: float) -> list[str]:
    """Halves of batches that were being written long ago, and folders of nights that are empty."""
    # Those beside the list are ours alone, and we are not writing it.
    halves = [(path, True) for path in folder.glob(f"{UNFINISHED}*")]
    halves += [(path, False) for path in (folder / INCOMING).glob(f"*/{UNFINISHED}*")]
    gone = []
    for path, is_due in halves:
        with suppress(FileNotFoundError):
            if is_due or path.lstat().st_mtime <= before:
                path.unlink()
                gone.append(str(path.relative_to(folder)))
    for path in sorted((folder / INCOMING).glob("*")):
        with suppress(OSError):
            if path.lstat().st_mtime <= before:
                path.rmdir()
    return gone

"""Batches of alerts as they come, until their night is closed: one file each, never changed."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterparts.archive.columns import INDEX
from counterparts.archive.conform import conform
from counterparts.archive.errors import BatchRefused
from counterparts.archive.storage.durable import UNFINISHED, flush, write_whole
from counterparts.archive.storage.nights import is_night, night_name, night_numbers
from counterparts.archive.storage.parquet_files import write_parquet

INCOMING = "incoming"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+=-]{0,150}")


def append(folder: Path, name: str, table: pa.Table, longitude: float = 0.0) -> tuple[str, ...]:
    """Keep a batch of alerts.

    Each file appears whole or not at all, and is on the disk when this returns. A batch is known by
    its name: where its file stands already nothing happens, so it may be written again at any time.

    Parameters
    ----------
    folder
        Of the archive; made if it is missing.
    name
        What the batch is, such as its topic, partition and offsets: equal names, equal alerts.
    table
        See `conform`. It may hold alerts of several nights; each night gets a file.
    longitude
        East longitude of the observatory, deg, for the noon at which its nights begin.

    Returns
    -------
    tuple of str
        The files that were written now, by their paths from the archive's folder.

    Raises
    ------
    BatchRefused
        If the name is none for a file, or the alerts cannot be kept.
    """
    if not _NAME.fullmatch(name):
        raise BatchRefused(
            f"{name[:60]!r} cannot name a batch: letters, figures and . _ + = - make a name."
        )
    rows = conform(table)
    number = night_numbers(rows["jd"].to_numpy(), longitude)
    written = []
    for night in np.unique(number):
        path = f"{INCOMING}/{night_name(night)}/{name}.parquet"
        if not (folder / path).exists():
            _write(rows.filter(pa.array(number == night)), folder / path)
            written.append(path)
    return tuple(written)


def _write(rows: pa.Table, path: Path) -> None:
    ordered = rows.take(pc.sort_indices(rows[INDEX]))
    try:
        _make_folder(path.parent)
        write_whole(path, partial(write_parquet, ordered))
    except FileNotFoundError:
        # The folder was empty, and was removed just now.
        _make_folder(path.parent)
        write_whole(path, partial(write_parquet, ordered))


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for above in (folder.parent, folder.parent.parent):
            flush(above)


def batches(folder: Path) -> dict[str, tuple[str, ...]]:
    """Files of each night that has any, by their paths from the archive's folder."""
    place = folder / INCOMING
    if not place.is_dir():
        return {}
    found = {}
    for night in sorted(path for path in place.iterdir() if is_night(path.name) and path.is_dir()):
        names = sorted(
            path.name
            for path in night.iterdir()
            if path.suffix == ".parquet" and not path.name.startswith(UNFINISHED)
        )
        if names:
            found[night.name] = tuple(f"{INCOMING}/{night.name}/{name}" for name in names)
    return found

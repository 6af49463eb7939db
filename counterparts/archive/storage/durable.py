"""Files and folders that are there whole or not at all, whenever the power fails."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from counterparts.archive.errors import ArchiveBusy

UNFINISHED = ".unfinished-"
"""How the names begin of what is being written."""


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before anything that follows."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Have `write` write a file beside, and put it in its place when it is on the disk."""
    handle, name = mkstemp(prefix=UNFINISHED, dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        write(beside)
        # What comes by `mkstemp` is for its owner alone.
        beside.chmod(0o644)
        flush(beside)
        beside.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    flush(path.parent)


def place_folder(built: Path, place: Path) -> None:
    """Give a folder, whose files are on the disk, its name."""
    for folder, _, _ in os.walk(built, topdown=False):
        flush(Path(folder))
    built.rename(place)
    flush(place.parent)


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Be the only one who closes, compacts or removes nights; the system ends it with the process.

    Raises
    ------
    ArchiveBusy
        If somebody else is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveBusy("The archive is being put in order by another process.") from error
        yield
    finally:
        os.close(descriptor)

"""Packets that are kept whole, in the data folder, by the hash of their bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

FOLDER = "packets"
"""Below the data folder."""


def store_packet(folder: Path, data: bytes) -> str:
    """Keep a packet; the same one again changes nothing.

    Parameters
    ----------
    folder
        The data folder.
    data
        The packet, word for word.

    Returns
    -------
    str
        SHA-256 of its bytes, by which it is found again.

    Raises
    ------
    OSError
        If it cannot be written; nothing half-done is left under its name.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    path = packet_path(folder, sha256)
    if not path.exists():
        write_whole(path, data)
    return sha256


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, in the place of what was there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def packet_path(folder: Path, sha256: str) -> Path:
    """Where a packet stands."""
    return folder / FOLDER / sha256[:2] / sha256

"""Every packet in a file, an archive or a folder, one after the other."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.codecs import MAX_BLOCK
from counterparts.packets.encodings.documents import MAX_DOCUMENT
from counterparts.packets.read import Found, read_stream

_LARGEST = max(MAX_BLOCK, MAX_DOCUMENT) + 1
"""Bytes that anybody reads at a time."""

_GZIP = b"\x1f\x8b"
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257


def packets_in(path: Path, *, prefix: bool = False) -> Iterator[tuple[str, Found]]:
    """Read every packet under a path, whatever the files are called.

    Parameters
    ----------
    path
        A file of packets, an archive of such files (tar, compressed or not), or a folder.
    prefix
        As in `counterparts.packets.read.read_packets`.

    Yields
    ------
    str
        Where it was found: the path, and the member of an archive after a colon.
    Alert or PacketInvalid
        What was found.
    """
    if path.is_dir():
        for inside in sorted(path.rglob("*")):
            if inside.is_file():
                yield from packets_in(inside, prefix=prefix)
        return
    if not path.is_file():
        yield str(path), PacketInvalid("There is no such file, or it is none that ends.")
        return
    try:
        with path.open("rb") as file:
            yield from _packets(str(path), file, prefix=prefix)
    except OSError as err:
        yield str(path), PacketInvalid(f"The file cannot be read: {err.strerror or err}.")


def _packets(name: str, file: BinaryIO, *, prefix: bool) -> Iterator[tuple[str, Found]]:
    if _begins(file, len(_GZIP)) != _GZIP:
        yield from _expanded(name, file, prefix=prefix)
        return
    # Once: there are archives that expand to themselves.
    try:
        with gzip.open(file) as inside:
            yield from _expanded(name, cast("BinaryIO", _Limited(inside)), prefix=prefix)
    except (EOFError, OSError, zlib.error) as err:
        yield name, PacketInvalid(f"The compressed file is broken: {err}.")


def _expanded(name: str, file: BinaryIO, *, prefix: bool) -> Iterator[tuple[str, Found]]:
    if _begins(file, 512)[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        yield from _members(name, file, prefix=prefix)
    else:
        for found in read_stream(file, prefix=prefix):
            yield name, found


def _members(name: str, file: BinaryIO, *, prefix: bool) -> Iterator[tuple[str, Found]]:
    """Read an archive's members in their order; one that is broken costs itself."""
    try:
        with tarfile.open(fileobj=_Limited(file), mode="r:") as archive:
            for member in archive:
                # The archive would remember each, and there may be a million.
                archive.members = []  # type: ignore[attr-defined]
                where = f"{name}:{member.name}"
                if member.isfile() and (inside := archive.extractfile(member)):
                    for found in read_stream(cast("BinaryIO", inside), prefix=prefix):
                        yield where, found
    except (tarfile.TarError, EOFError, OSError, zlib.error) as err:
        yield name, PacketInvalid(f"The archive is broken: {err}.")


def _begins(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except (EOFError, OSError, zlib.error):
        return b""
    finally:
        file.seek(0)


class _Limited(io.RawIOBase):
    """A file that gives no more than a block at a time, whatever an archive's headers claim."""

    def __init__(self, file: BinaryIO | gzip.GzipFile) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes."""
        if not 0 <= size <= _LARGEST:
            raise OSError(f"it claims {size} bytes in one piece")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Tell the place."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Tell that it can go back."""
        return True

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

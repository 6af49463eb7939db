"""Every packet in a file, an archive or a folder, one after the other."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.codecs import MAX_BLOCK
from counterparts.packets.encodings.documents import MAX_DOCUMENT
from counterparts.packets.read import Found, read_packets, read_stream

_LARGEST = max(MAX_BLOCK, MAX_DOCUMENT) + 1
"""Bytes that anybody reads at a time."""

Item = tuple[Found, bytes | None]
"""What was found, and its bytes where they are wanted."""

Read = Callable[[BinaryIO], Iterator[Item]]

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

    def read(file: BinaryIO) -> Iterator[Item]:
        return ((found, None) for found in read_stream(file, prefix=prefix))

    for where, (found, _) in _under(path, read):
        yield where, found


def whole_packets_in(path: Path) -> Iterator[tuple[str, Found, bytes | None]]:
    """Read every packet under a path as `packets_in` does, and give its bytes.

    Yields
    ------
    str
        Where it was found.
    Alert or PacketInvalid
        What was found.
    bytes or None
        The packet, word for word; None where it shares its file with others, as in a table.
    """
    for where, (found, data) in _under(path, _whole):
        yield where, found, data


def _whole(file: BinaryIO) -> Iterator[Item]:
    data = file.read(_LARGEST)
    if len(data) == _LARGEST:
        file.seek(0)
        yield from ((found, None) for found in read_stream(file))
        return
    packets = read_packets(data)
    first, second = next(packets), next(packets, None)
    if second is None:
        yield first, data
        return
    yield from ((found, None) for found in (first, second, *packets))


def _under(path: Path, read: Read) -> Iterator[tuple[str, Item]]:
    if path.is_dir():
        for inside in sorted(path.rglob("*")):
            if inside.is_file():
                yield from _under(inside, read)
        return
    if not path.is_file():
        yield str(path), _refused("There is no such file, or it is none that ends.")
        return
    try:
        with path.open("rb") as file:
            yield from _packets(str(path), file, read)
    except OSError as err:
        yield str(path), _refused(f"The file cannot be read: {err.strerror or err}.")


def _refused(reason: str) -> Item:
    return PacketInvalid(reason), None


def _packets(name: str, file: BinaryIO, read: Read) -> Iterator[tuple[str, Item]]:
    if _begins(file, len(_GZIP)) != _GZIP:
        yield from _expanded(name, file, read)
        return
    # Once: there are archives that expand to themselves.
    try:
        with gzip.open(file) as inside:
            yield from _expanded(name, cast("BinaryIO", _Limited(inside)), read)
    except (EOFError, OSError, zlib.error) as err:
        yield name, _refused(f"The compressed file is broken: {err}.")


def _expanded(name: str, file: BinaryIO, read: Read) -> Iterator[tuple[str, Item]]:
    if _begins(file, 512)[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        yield from _members(name, file, read)
    else:
        for item in read(file):
            yield name, item


def _members(name: str, file: BinaryIO, read: Read) -> Iterator[tuple[str, Item]]:
    """Read an archive's members in their order; one that is broken costs itself."""
    try:
        with tarfile.open(fileobj=_Limited(file), mode="r:") as archive:
            for member in archive:
                # The archive would remember each, and there may be a million.
                archive.members = []  # type: ignore[attr-defined]
                where = f"{name}:{member.name}"
                if member.isfile() and (inside := archive.extractfile(member)):
                    for item in read(cast("BinaryIO", inside)):
                        yield where, item
    except (tarfile.TarError, EOFError, OSError, zlib.error) as err:
        yield name, _refused(f"The archive is broken: {err}.")


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

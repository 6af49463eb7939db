"""Compressed bytes, expanded to a limit that is stated and never beyond."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import cramjam
import numpy as np

from counterparts.packets.alert import PacketInvalid

MAX_BLOCK = 8 << 20
"""Bytes of one block of packets, compressed or not: ZTF's have 80 kB, LSST's 140 kB.

A byte can become a hundred in memory, as the one member of a record.
"""


def expand(codec: str, data: bytes) -> bytes:
    """Expand one block of an Avro file.

    Parameters
    ----------
    codec
        As the file names it.
    data
        As it stands in the file.

    Raises
    ------
    PacketInvalid
        If the codec is not known, the bytes are broken, or there would be more than `MAX_BLOCK`.
    """
    expands = CODECS.get(codec)
    if expands is None:
        raise PacketInvalid(f"The packet is compressed with {codec[:40]!r}, which is not read.")
    return expands(data)


def inflate(data: bytes, limit: int, window: int) -> bytes:
    """Expand what zlib compressed.

    Parameters
    ----------
    data
        Compressed.
    limit
        Bytes that may come of it.
    window
        zlib's ``wbits``: -15 without a header, 31 for gzip.

    Raises
    ------
    PacketInvalid
        If the bytes are broken, or too many come of them.
    """
    stream = zlib.decompressobj(window)
    try:
        expanded = stream.decompress(data, limit + 1)
    except zlib.error as err:
        raise PacketInvalid(f"The compressed bytes are broken: {err}.") from err
    if len(expanded) > limit:
        raise PacketInvalid(f"The compressed bytes expand to more than {limit} bytes.")
    if not stream.eof:
        raise PacketInvalid("The compressed bytes end too early.")
    return expanded


def _deflate(data: bytes) -> bytes:
    return inflate(data, MAX_BLOCK, -15)


def _snappy(data: bytes) -> bytes:
    """Raw Snappy, then the big-endian CRC of what was compressed, as Avro has it."""
    packed, checksum = data[:-4], data[-4:]
    try:
        if cramjam.snappy.decompress_raw_len(packed) > MAX_BLOCK:
            raise PacketInvalid(f"The compressed bytes expand to more than {MAX_BLOCK} bytes.")
        expanded = bytes(cramjam.snappy.decompress_raw(packed))
    except cramjam.DecompressionError as err:
        raise PacketInvalid(f"The compressed bytes are broken: {err}.") from err
    if zlib.crc32(expanded).to_bytes(4, "big") != checksum:
        raise PacketInvalid("The compressed bytes are broken: their checksum is another.")
    return expanded


def _zstandard(data: bytes) -> bytes:
    # Its pages are the system's until something is written to them.
    room = np.empty(MAX_BLOCK, dtype=np.uint8)
    try:
        size = cramjam.zstd.decompress_into(data, room.data)
    except cramjam.DecompressionError as err:
        raise PacketInvalid(
            f"The compressed bytes are broken, or expand to more than {MAX_BLOCK} bytes: {err}."
        ) from err
    return room[:size].tobytes()


CODECS: Mapping[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": _deflate,
    "snappy": _snappy,
    "zstandard": _zstandard,
}

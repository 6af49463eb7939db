"""The few things that stand between the packets of an Avro file."""

from __future__ import annotations

from typing import BinaryIO

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.codecs import MAX_BLOCK


def sized(file: BinaryIO, limit: int) -> bytes:
    """Read bytes that stand behind their number."""
    return limited(file, long(file), limit)


def limited(file: BinaryIO, size: int, limit: int = MAX_BLOCK) -> bytes:
    """Read so many bytes, if they are not too many to be true."""
    if not 0 <= size <= limit:
        raise PacketInvalid(f"The file claims {size} bytes where at most {limit} may be.")
    return exactly(file, size)


def exactly(file: BinaryIO, size: int) -> bytes:
    """Read so many bytes."""
    data = file.read(size)
    if len(data) != size:
        raise PacketInvalid("The packet ends too early.")
    return data


def long(file: BinaryIO, byte: bytes = b"") -> int:
    """Read an integer: seven bits a byte, the lowest first, signs folded in."""
    total = shift = 0
    while True:
        byte = byte or exactly(file, 1)
        total |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (total >> 1) ^ -(total & 1)
        shift += 7
        if shift > 63:
            raise PacketInvalid("The file has a number of more than 64 bits.")
        byte = b""

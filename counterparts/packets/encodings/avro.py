"""Avro files: a schema, and blocks of packets that were written by it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import fastavro

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.avro_bytes import exactly, limited, long, sized
from counterparts.packets.encodings.avro_schemas import MAX_SCHEMA, PacketSchema, packet_schema
from counterparts.packets.encodings.codecs import expand

MAGIC = b"Obj\x01"

_MAX_ENTRIES = 100
"""Entries in a file's header: the schema, the codec, and what a broker added."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Header:
    """What stands before the packets.

    Parameters
    ----------
    schema
        By which they were written.
    codec
        By which each block is compressed.
    sync
        What stands after each block.
    """

    schema: PacketSchema
    codec: str
    sync: bytes


def read_header(file: BinaryIO) -> Header:
    """Read what stands before the packets.

    Parameters
    ----------
    file
        At its beginning.

    Raises
    ------
    PacketInvalid
        If it is no Avro file, or its schema is not usable.
    """
    if exactly(file, len(MAGIC)) != MAGIC:
        raise PacketInvalid("The packet does not begin like an Avro file.")
    entries: dict[bytes, bytes] = {}
    while count := long(file):
        if count < 0:
            long(file)  # how many bytes they have
        for _ in range(abs(count)):
            if len(entries) >= _MAX_ENTRIES:
                raise PacketInvalid(f"The file's header has more than {_MAX_ENTRIES} entries.")
            name = sized(file, MAX_SCHEMA)
            entries[name] = sized(file, MAX_SCHEMA)
    schema = packet_schema(entries.get(b"avro.schema", b""))
    codec = entries.get(b"avro.codec", b"null").decode("ascii", "replace")
    return Header(schema, codec, exactly(file, 16))


def records(
    file: BinaryIO, header: Header, head: tuple[str, ...] | None = None
) -> Iterator[Record | PacketInvalid]:
    """Read packet after packet; a broken block costs its own.

    Parameters
    ----------
    file
        After its header.
    header
        Of this file.
    head
        Members after which a packet need not be read on.
    """
    while first := file.read(1):
        try:
            count, size = long(file, first), long(file)
            packed = limited(file, size)
            _check_end(file, header)
        except PacketInvalid as err:
            # Where the next block would begin is not known.
            yield err
            return
        yield from _block(header, count, packed, head)


def _block(
    header: Header, count: int, packed: bytes, head: tuple[str, ...] | None
) -> Iterator[Record | PacketInvalid]:
    try:
        data = expand(header.codec, packed)
        _check_count(count, data)
    except PacketInvalid as err:
        yield err
        return
    # Of several in a row, where one ends is known once it has been read.
    cut = header.schema.head(head) if head and count == 1 else None
    stream = io.BytesIO(data)
    for _ in range(count):
        try:
            yield decode(stream, cut or header.schema.whole)
        except PacketInvalid as err:
            yield err
            return


def _check_end(file: BinaryIO, header: Header) -> None:
    if exactly(file, len(header.sync)) != header.sync:
        raise PacketInvalid("The block of packets does not end where the file says.")


def _check_count(count: int, data: bytes) -> None:
    """A packet has a byte at least."""
    if not 0 <= count <= len(data):
        raise PacketInvalid(f"The file claims {count} packets in {len(data)} bytes.")


def decode(stream: io.BytesIO, schema: Any) -> Record:
    """Read one packet.

    Parameters
    ----------
    stream
        At the packet's first byte.
    schema
        Parsed, of all of the packet or of its beginning.

    Raises
    ------
    PacketInvalid
        If the bytes do not follow the schema.
    """
    try:
        record = fastavro.schemaless_reader(stream, schema, None)
    except EOFError as err:
        raise PacketInvalid("The packet ends too early.") from err
    except Exception as err:  # whatever hostile bytes set off, they are refused
        reason = type(err).__name__
        raise PacketInvalid(f"The packet does not follow its schema ({reason}).") from err
    if not isinstance(record, dict):
        raise PacketInvalid("The packet is no record.")
    return record

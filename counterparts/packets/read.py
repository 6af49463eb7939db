"""Bytes in, alerts out: by what the bytes are, never by what a file is called."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Protocol

from counterparts.packets.alert import Alert, PacketInvalid
from counterparts.packets.encodings import avro, confluent, documents, tables
from counterparts.packets.encodings.codecs import MAX_BLOCK
from counterparts.packets.formats import Shape
from counterparts.packets.registry import recognize

Found = Alert | PacketInvalid


def read_packets(data: bytes, *, prefix: bool = False) -> Iterator[Found]:
    """Read every alert in these bytes.

    Parameters
    ----------
    data
        An Avro file, a Confluent frame, JSON, or a Parquet table.
    prefix
        Whether all but histories and cutouts is enough: most of the bytes are then not looked at.

    Yields
    ------
    Alert or PacketInvalid
        The reason in the place of each that cannot be read.
    """
    return read_stream(io.BytesIO(data), prefix=prefix)


def read_stream(file: BinaryIO, *, prefix: bool = False) -> Iterator[Found]:
    """Read every alert in a file, with no more than one block of it in memory.

    Parameters
    ----------
    file
        At its beginning; it can go back there.
    prefix
        As in `read_packets`.
    """
    begins = file.read(16)
    if not begins:
        yield PacketInvalid("There are no bytes in it.")
        return
    file.seek(0)
    count = 0
    try:
        for found in reader_for(begins)(file, prefix=prefix):
            count += 1
            yield found
    except PacketInvalid as err:
        count += 1
        yield err
    if not count:
        yield PacketInvalid("There is no packet in it.")


class Reader(Protocol):
    """Reads a file of one kind."""

    def __call__(self, file: BinaryIO, *, prefix: bool) -> Iterator[Found]:
        """Give every alert in it."""


def _avro(file: BinaryIO, *, prefix: bool) -> Iterator[Found]:
    header = avro.read_header(file)
    shape = header.schema.shape
    known = recognize(shape)
    for record in avro.records(file, header, known.head if prefix else None):
        yield _read(record, shape, prefix=prefix)


def _frame(file: BinaryIO, *, prefix: bool) -> Iterator[Found]:
    data = file.read(MAX_BLOCK + 1)
    if len(data) > MAX_BLOCK:
        raise PacketInvalid(f"The packet has more than {MAX_BLOCK} bytes.")
    schemas = confluent.published()
    known = recognize(confluent.frame_schema(data, schemas).shape)
    record, schema = confluent.read_frame(data, schemas, known.head if prefix else None)
    yield _read(record, schema.shape, prefix=prefix)


def _document(file: BinaryIO, *, prefix: bool) -> Iterator[Found]:
    for record in documents.documents(file.read(documents.MAX_DOCUMENT + 1)):
        yield _read(record, None, prefix=prefix)


def _table(file: BinaryIO, *, prefix: bool) -> Iterator[Found]:
    table, shape = tables.open_table(file)
    known = recognize(shape)
    for record in tables.rows(table, known.head if prefix else None):
        yield _read(record, shape, prefix=prefix)


def _read(record: Mapping[str, Any] | PacketInvalid, shape: Shape | None, *, prefix: bool) -> Found:
    """Make an alert of a record; without a schema its shape is that of its members."""
    if isinstance(record, PacketInvalid):
        return record
    try:
        shape = shape or Shape.of(record)
        return recognize(shape).read(record, shape, is_whole=not prefix)
    except PacketInvalid as err:
        return err


_READERS: tuple[tuple[tuple[bytes, ...], Reader], ...] = (
    ((avro.MAGIC,), _avro),
    ((confluent.MAGIC,), _frame),
    ((tables.MAGIC,), _table),
    ((b"{", b"["), _document),
)
"""How files are read that begin with these bytes."""


def reader_for(begins: bytes) -> Reader:
    """Tell how a file is read.

    Parameters
    ----------
    begins
        Its first bytes.

    Raises
    ------
    PacketInvalid
        If it is none of what packets come in.
    """
    for magics, reader in _READERS:
        if begins.lstrip(b" \t\r\n").startswith(magics) or begins.startswith(magics):
            return reader
    raise PacketInvalid("The bytes are neither Avro nor JSON nor a table of packets.")

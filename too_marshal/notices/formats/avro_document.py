"""Avro messages as SCiMMA carries them: an object container file with one record."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro

from too_marshal.notices.formats.json_document import MAX_DOCUMENT_SIZE, Document
from too_marshal.notices.notice import NoticeMalformed

MAGIC = b"Obj\x01"

_PLAIN = frozenset({"string", "bytes", "int", "long", "float", "double", "boolean"})


def read_avro(payload: bytes) -> Document:
    """Read the first record of a container file.

    The writer's schema comes with the message and is not trusted: no codec
    (a compressed block has no bound), no type that refers to another (it could
    recurse), no list of items that take no bytes (its length has no bound).

    Raises
    ------
    NoticeMalformed
        If the message is not such a file.
    """
    if len(payload) > MAX_DOCUMENT_SIZE:
        raise NoticeMalformed(f"{len(payload)} bytes are more than a notice may have (32 MB)")
    try:
        _check_header(_header(io.BytesIO(payload)))
        record = next(iter(fastavro.reader(io.BytesIO(payload))), None)
    except NoticeMalformed:
        raise
    except Exception as err:  # fastavro answers bad bytes with whatever it met
        raise NoticeMalformed(f"not Avro: {type(err).__name__} {err}") from err
    if not isinstance(record, dict):
        raise NoticeMalformed("the Avro file holds no record")
    return Document(record)


def _header(stream: io.BytesIO) -> dict[str, bytes]:
    """Metadata of the container, read without any schema."""
    stream.seek(len(MAGIC))
    metadata: dict[str, bytes] = {}
    while count := _long(stream):
        if count < 0:
            count = -count
            _long(stream)  # the block's length in bytes
        for _ in range(count):
            name = stream.read(_length(stream)).decode()
            metadata[name] = stream.read(_length(stream))
    return metadata


def _check_header(header: dict[str, bytes]) -> None:
    if header.get("avro.codec", b"null") != b"null":
        raise NoticeMalformed("compressed Avro is refused")
    _check(json.loads(header["avro.schema"]))


def _length(stream: io.BytesIO) -> int:
    length = _long(stream)
    if not 0 <= length <= MAX_DOCUMENT_SIZE:
        raise NoticeMalformed("an Avro length is out of range")
    return length


def _long(stream: io.BytesIO) -> int:
    """Read a zigzag variable-length integer."""
    value = 0
    for shift in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            raise NoticeMalformed("the Avro file is cut short")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
    raise NoticeMalformed("an Avro integer is too long")


def _check(schema: Any, depth: int = 0) -> None:
    if depth > 20:
        raise NoticeMalformed("the Avro schema is nested too deeply")
    if isinstance(schema, str) and schema not in _PLAIN | {"null"}:
        raise NoticeMalformed(f"the Avro schema refers to {schema[:40]!r}")
    if isinstance(schema, dict) and schema["type"] == "array" and not _is_plain(schema["items"]):
        raise NoticeMalformed("the Avro schema has a list of something else than plain values")
    for part in _parts(schema):
        _check(part, depth + 1)


def _is_plain(schema: Any) -> bool:
    return isinstance(schema, str) and schema in _PLAIN


def _parts(schema: Any) -> list[Any]:
    """Types within a type."""
    if not isinstance(schema, dict):
        return schema if isinstance(schema, list) else []
    kind = schema["type"]
    if kind == "record":
        return [member["type"] for member in schema["fields"]]
    return {"array": [schema.get("items")], "map": [schema.get("values")], "enum": []}.get(
        kind if isinstance(kind, str) else "", [kind]
    )

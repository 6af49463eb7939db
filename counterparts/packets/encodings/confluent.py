"""Confluent's frame: a zero, the number of the schema, and a packet without one."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.avro import Record, decode
from counterparts.packets.encodings.avro_schemas import PacketSchema, schema_of

MAGIC = b"\x00"
_HEAD = 5

PUBLISHED = Path(__file__).parent / "schemas"
"""Schemas that surveys have published, a folder each by its number."""


class Schemas:
    """Schemas by the numbers that stand in frames.

    Parameters
    ----------
    folders
        Each holds a folder for every number, such as ``900``: the type ``lsst.v9_0.alert`` in
        ``lsst.v9_0.alert.avsc``, and the types that it names in files beside it.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._found: dict[int, PacketSchema] = {}

    def by_number(self, number: int) -> PacketSchema:
        """Give a schema.

        Raises
        ------
        PacketInvalid
            If none has this number.
        """
        if number not in self._found:
            self._found[number] = self._read(number)
        return self._found[number]

    def _read(self, number: int) -> PacketSchema:
        for folder in self._folders:
            for path in (folder / str(number)).glob("*.alert.avsc"):
                version = path.name.removesuffix(".alert.avsc")
                return schema_of(_resolved(path, set()), version)
        raise PacketInvalid(f"Schema id {number} is not known.")


@cache
def published() -> Schemas:
    """Give the schemas that come with this package."""
    return Schemas(PUBLISHED)


def read_frame(
    data: bytes, schemas: Schemas, head: tuple[str, ...] | None = None
) -> tuple[Record, PacketSchema]:
    """Read the packet in a frame.

    Parameters
    ----------
    data
        From the zero on.
    schemas
        That are known.
    head
        Members after which the packet need not be read on.

    Raises
    ------
    PacketInvalid
        If the schema is not known, or the packet does not follow it.
    """
    schema = frame_schema(data, schemas)
    cut = schema.head(head) if head else None
    return decode(io.BytesIO(memoryview(data)[_HEAD:]), cut or schema.whole), schema


def frame_schema(data: bytes, schemas: Schemas) -> PacketSchema:
    """Give the schema that a frame names."""
    if len(data) < _HEAD:
        raise PacketInvalid("The packet ends too early.")
    return schemas.by_number(int.from_bytes(data[1:_HEAD], "big"))


def _resolved(path: Path, known: set[str]) -> Any:
    """Put each type in the place of its name where it is used first."""
    document = json.loads(path.read_bytes())
    known.add(path.stem)

    def within(kind: Any) -> Any:
        if isinstance(kind, list):
            return [within(choice) for choice in kind]
        if isinstance(kind, dict):
            return {
                name: within(value) if name in ("type", "items", "values", "fields") else value
                for name, value in kind.items()
            }
        beside = path.with_name(f"{kind}.avsc")
        return _resolved(beside, known) if kind not in known and beside.is_file() else kind

    return within(document)

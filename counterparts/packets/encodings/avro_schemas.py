"""Schemas that come with packets, parsed once each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import fastavro

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.schema_types import cleaned
from counterparts.packets.formats import Shape

MAX_SCHEMA = 512 << 10
"""Bytes of a schema; LSST's have 60 kB."""


@dataclass(frozen=True, eq=False)
class PacketSchema:
    """How the packets of a file or a stream were written.

    Parameters
    ----------
    whole
        Parsed by fastavro.
    shape
        What its packets look like.
    """

    whole: dict[str, Any] | list[Any]
    shape: Shape
    _heads: dict[tuple[str, ...], dict[str, Any] | None] = field(default_factory=dict)

    def head(self, members: tuple[str, ...]) -> dict[str, Any] | None:
        """Give the schema that ends after the last of these members; None if none can be cut.

        What follows in a packet's bytes is not looked at: that is where most of them are.
        """
        if members not in self._heads:
            self._heads[members] = self._cut(members)
        return self._heads[members]

    def _cut(self, members: tuple[str, ...]) -> dict[str, Any] | None:
        if not isinstance(self.whole, dict):
            return None
        fields = self.whole["fields"]
        ends = [place for place, member in enumerate(fields, 1) if member["name"] in members]
        if not ends:
            return None
        cut = {"type": "record", "name": self.whole["name"], "fields": fields[: max(ends)]}
        return dict(_parse(cut))


@lru_cache(maxsize=32)
def packet_schema(text: bytes) -> PacketSchema:
    """Read the schema of a packet. A stream repeats it with each one: it is parsed once.

    Parameters
    ----------
    text
        JSON.

    Raises
    ------
    PacketInvalid
        If it is none, or one that could exhaust who reads by it.
    """
    if len(text) > MAX_SCHEMA:
        raise PacketInvalid(f"The packet's schema has {len(text)} bytes, more than {MAX_SCHEMA}.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise PacketInvalid("The packet's schema is no JSON.") from err
    return schema_of(document)


def schema_of(document: object, version: str | None = None) -> PacketSchema:
    """Clean and parse a schema.

    Parameters
    ----------
    document
        As read from JSON.
    version
        What it is called, if it does not say so itself.
    """
    copied = cleaned(document)
    whole = _parse(copied)
    # A union at the top holds the parts first and the packet last.
    record = copied[-1] if isinstance(copied, list) else copied
    stated = document.get("version") if isinstance(document, dict) else None
    return PacketSchema(whole, _shape(record, version or (stated and str(stated))))


def _parse(copied: Any) -> Any:
    try:
        return fastavro.parse_schema(copied)
    except Exception as err:  # whatever a hostile schema sets off, it is refused
        raise PacketInvalid(f"The packet's schema is not valid: {str(err)[:200]}") from err


def _shape(record: Mapping[str, Any], version: str | None) -> Shape:
    members = {member["name"]: member["type"] for member in record["fields"]}
    inner = {}
    for name, kind in members.items():
        for choice in kind if isinstance(kind, list) else [kind]:
            if isinstance(choice, dict) and choice["type"] == "record":
                inner[name] = frozenset(member["name"] for member in choice["fields"])
    return Shape(record["name"], frozenset(members), inner, version)

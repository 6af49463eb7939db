"""Schemas that come with packets: cleaned, checked and parsed once each.

Anybody who can send a packet chooses its schema. What is left of one after cleaning encodes
every value in at least one byte and contains no type in itself, so that a packet of n bytes is
read in n steps, into about n objects, and without deep recursion.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import fastavro

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.formats import Shape

MAX_SCHEMA = 1 << 20
"""Bytes of a schema; LSST's have 60 kB."""

_MAX_DEPTH = 24
"""Records in records; LSST's packets have 3."""

_PRIMITIVE = frozenset(("boolean", "int", "long", "float", "double", "bytes", "string"))


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


@lru_cache(maxsize=128)
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
    cleaned = _cleaned(document)
    whole = _parse(cleaned)
    # A union at the top holds the parts first and the packet last.
    record = cleaned[-1] if isinstance(cleaned, list) else cleaned
    stated = document.get("version") if isinstance(document, dict) else None
    return PacketSchema(whole, _shape(record, version or (stated and str(stated))))


def _parse(cleaned: Any) -> Any:
    try:
        return fastavro.parse_schema(cleaned)
    except Exception as err:  # whatever a hostile schema sets off, it is refused
        raise PacketInvalid(f"The packet's schema is not valid: {str(err)[:200]}") from err


def _cleaned(document: object) -> Any:
    """Only what decides how bytes are read: no defaults (TURBO's fit no type), no logical types."""
    cleaned = _clean(document, "", ())
    record = cleaned[-1] if isinstance(cleaned, list) and cleaned else cleaned
    if not isinstance(record, dict) or record["type"] != "record":
        raise PacketInvalid("The packet's schema describes no record.")
    return cleaned


def _clean(schema: object, namespace: str, inside: tuple[str, ...]) -> Any:
    """Copy a type; ``inside`` are the full names of the records around it."""
    if len(inside) > _MAX_DEPTH:
        raise PacketInvalid("The packet's schema has too many records in one another.")
    if isinstance(schema, list):
        return [kind if kind == "null" else _clean(kind, namespace, inside) for kind in schema]
    if isinstance(schema, str):
        if schema == "null" or _full(schema, namespace) in inside or schema in inside:
            raise PacketInvalid(f"The packet's schema has an endless or empty type ({schema}).")
        return schema
    if not isinstance(schema, dict):
        raise PacketInvalid("The packet's schema is not valid: a type is neither name nor object.")
    kind = schema.get("type")
    if kind in _PRIMITIVE:
        return kind
    if kind in ("array", "map"):
        items = "items" if kind == "array" else "values"
        return {"type": kind, items: _clean(schema.get(items), namespace, (*inside, ""))}
    if isinstance(kind, dict | list):
        return _clean(kind, namespace, (*inside, ""))
    return _named(schema, namespace, inside)


def _named(schema: Mapping[str, Any], namespace: str, inside: tuple[str, ...]) -> dict[str, Any]:
    kind, name = schema.get("type"), schema.get("name")
    if not isinstance(name, str) or kind not in ("record", "error", "enum", "fixed"):
        raise PacketInvalid(f"The packet's schema has a type that is none: {kind!s:.40}.")
    given = schema.get("namespace")
    full = _full(name, given if isinstance(given, str) else namespace)
    copied = {"type": kind, "name": full}
    if kind == "enum":
        return {**copied, "symbols": schema.get("symbols")}
    if kind == "fixed":
        size = schema.get("size")
        if not isinstance(size, int) or size < 1:
            raise PacketInvalid("The packet's schema has an endless or empty type (fixed).")
        return {**copied, "size": size}
    fields = schema.get("fields")
    if not isinstance(fields, list) or not fields:
        raise PacketInvalid(f"The packet's schema has a record without members ({full:.60}).")
    inside = (*inside, full)
    return {**copied, "type": "record", "fields": [_member(field, inside) for field in fields]}


def _member(field: object, inside: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(field, dict) or not isinstance(field.get("name"), str):
        raise PacketInvalid("The packet's schema is not valid: a member has no name.")
    namespace = inside[-1].rpartition(".")[0]
    return {"name": field.get("name"), "type": _clean(field.get("type"), namespace, inside)}


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _shape(record: Mapping[str, Any], version: str | None) -> Shape:
    members = {member["name"]: member["type"] for member in record["fields"]}
    inner = {}
    for name, kind in members.items():
        for choice in kind if isinstance(kind, list) else [kind]:
            if isinstance(choice, dict) and choice["type"] == "record":
                inner[name] = frozenset(member["name"] for member in choice["fields"])
    return Shape(record["name"], frozenset(members), inner, version)

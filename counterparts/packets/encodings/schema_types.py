"""Schemas of packets, cleaned of what could exhaust who reads by them.

Anybody who can send a packet chooses its schema. What is left of one after cleaning encodes
every value in at least one byte and contains no type in itself, so that a packet of n bytes is
read in n steps, into about n objects, and without deep recursion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterparts.packets.alert import PacketInvalid

_MAX_DEPTH = 24
"""Records in records; LSST's packets have 3."""

_PRIMITIVE = frozenset(("boolean", "int", "long", "float", "double", "bytes", "string"))


def cleaned(document: object) -> Any:
    """Keep of a schema what decides how bytes are read.

    Without defaults, of which TURBO's fit no type, and without logical types.

    Parameters
    ----------
    document
        As read from JSON.

    Raises
    ------
    PacketInvalid
        If it describes no record, or a type that is endless or takes no bytes.
    """
    copied = _clean(document, "", ())
    record = copied[-1] if isinstance(copied, list) and copied else copied
    if not isinstance(record, dict) or record["type"] != "record":
        raise PacketInvalid("The packet's schema describes no record.")
    return copied


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

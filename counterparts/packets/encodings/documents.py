"""Packets in JSON: one, a list, or one a line."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from counterparts.packets.alert import PacketInvalid

MAX_DOCUMENT = 16 << 20
"""Bytes of a document; an alert with its images in text has 160 kB."""


def documents(data: bytes) -> Iterator[dict[str, Any] | PacketInvalid]:
    """Read packet after packet.

    Parameters
    ----------
    data
        JSON, or JSON lines.

    Raises
    ------
    PacketInvalid
        If there are too many bytes.
    """
    if len(data) > MAX_DOCUMENT:
        raise PacketInvalid(f"The document has more than {MAX_DOCUMENT} bytes.")
    try:
        found = [_loaded(data)]
    except PacketInvalid as err:
        lines = [line for line in data.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip()[:1] == b"{" for line in lines):
            yield err
            return
        found = list(map(_attempted, lines))
    for document in found[0] if isinstance(found[0], list) else found:
        if isinstance(document, dict):
            yield {name: _with_bytes(value) for name, value in document.items()}
        else:
            yield (
                document
                if isinstance(document, PacketInvalid)
                else PacketInvalid("The packet is no JSON object.")
            )


def _attempted(line: bytes) -> Any:
    try:
        return _loaded(line)
    except PacketInvalid as err:
        return err


def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as err:
        raise PacketInvalid(f"The packet is no JSON: {str(err)[:120]}.") from err


def _with_bytes(value: Any) -> Any:
    """Turn an image that stands in text into bytes: MongoDB's way, as Kowalski exports it."""
    if isinstance(value, Mapping) and "stampData" in value:
        stamp = value["stampData"]
        text = stamp.get("$binary") if isinstance(stamp, Mapping) else stamp
        try:
            return {**value, "stampData": base64.b64decode(text or b"", validate=True)}
        except (TypeError, binascii.Error, ValueError):
            return value
    return value

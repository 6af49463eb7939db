"""Small packets of our own making, and those of the corpus."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fastavro

from counterparts.packets.alert import Alert, PacketInvalid
from counterparts.packets.encodings.avro import MAGIC
from counterparts.packets.read import read_packets

CANDIDATE = {
    "jd": 2460000.75,
    "fid": 2,
    "programid": 1,
    "candid": 1234567890123456789,
    "isdiffpos": "t",
    "rcid": 12,
    "ra": 12.5,
    "dec": -3.25,
    "magpsf": 18.5,
    "sigmapsf": 0.1,
    "diffmaglim": 20.5,
    "rb": 0.75,
    "drb": 0.875,
    "ssdistnr": -999.0,
}

_TYPES = {str: "string", float: "double", int: "long", bool: "boolean"}


def record(name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that fits these members, each of which may be missing."""
    fields = [
        {
            "name": member,
            "type": ["null", _TYPES[type(CANDIDATE.get(member, value))]],
            "default": None,
        }
        for member, value in members.items()
    ]
    return {"type": "record", "name": name, "fields": fields}


def schema(candidate: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """ZTF's schema, made short."""
    history = record("prv_candidate", CANDIDATE)
    fields = [
        {"name": "schemavsn", "type": "string"},
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {"name": "candidate", "type": record("candidate", candidate)},
        {"name": "prv_candidates", "type": ["null", {"type": "array", "items": history}]},
        {"name": "cutoutScience", "type": ["null", "bytes"]},
        *({"name": name, "type": kind} for name, kind in more.items()),
    ]
    return {"type": "record", "name": "alert", "namespace": "ztf", "fields": fields}


def packet(candidate: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """What a packet of ZTF says."""
    return {
        "schemavsn": "4.02",
        "objectId": "ZTF26aaaaaaa",
        "candid": CANDIDATE["candid"],
        "candidate": {**CANDIDATE, **(candidate or {})},
        "prv_candidates": [
            {**CANDIDATE, "jd": 2459999.75, "candid": 1},
            {"jd": 2459998.75, "fid": 1, "diffmaglim": 20.25},
        ],
        "cutoutScience": b"\x1f\x8b",
        **members,
    }


def avro(*packets: Mapping[str, Any], codec: str = "null", written_by: Any = None) -> bytes:
    """An Avro file."""
    file = io.BytesIO()
    written_by = written_by or schema(packets[0]["candidate"])
    fastavro.writer(file, written_by, packets, codec, sync_marker=b"0123456789abcdef")
    return file.getvalue()


def only(data: bytes, *, prefix: bool = False) -> Alert:
    """The one alert in these bytes."""
    (found,) = read_packets(data, prefix=prefix)
    assert isinstance(found, Alert), found
    return found


def refused(data: bytes) -> str:
    """Why the one packet in these bytes is none."""
    (found,) = read_packets(data)
    assert isinstance(found, PacketInvalid), found
    return str(found)


def comparable(value: Any) -> Any:
    """The same, with NaN equal to itself."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, Mapping):
        return {name: comparable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [comparable(member) for member in value]
    return value


def avro_files(corpus: Path) -> Iterator[tuple[Path, bytes]]:
    """Every Avro file of the alerts."""
    for path in sorted((corpus / "alerts").rglob("*.avro")):
        data = path.read_bytes()
        if data.startswith(MAGIC):
            yield path, data

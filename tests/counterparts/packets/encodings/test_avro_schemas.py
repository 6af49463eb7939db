"""Schemas of packets: cleaned of what does not decide, and refused where they could exhaust."""

import json

import pytest

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.avro_schemas import MAX_SCHEMA, packet_schema
from tests.counterparts.packets.samples import CANDIDATE, avro, only, packet, schema


def parsed(document):
    return packet_schema(json.dumps(document).encode())


def record(*types, name="alert"):
    fields = [{"name": f"m{place}", "type": kind} for place, kind in enumerate(types)]
    return {"type": "record", "name": name, "fields": fields}


def refused(document):
    with pytest.raises(PacketInvalid) as caught:
        parsed(document)
    return str(caught.value)


def test_a_default_of_another_type_is_no_reason_to_refuse():
    odd = schema(CANDIDATE)
    odd["fields"][2]["default"] = None  # a long, as in TURBO's
    data = avro(packet()).replace(
        json.dumps({"name": "candid", "type": "long"}).encode(),
        json.dumps({"name": "candid", "type": "long"}).encode(),
    )
    assert only(data).candid
    assert parsed(odd).shape.name == "ztf.alert"


def test_a_schema_tells_the_members_of_packet_and_candidate():
    shape = parsed({**schema(CANDIDATE), "version": "3.3"}).shape
    assert shape.has("objectId", "candidate")
    assert shape.holds("candidate", "ra", "dec")
    assert not shape.holds("candidate", "RA")
    assert shape.version == "3.3"


def test_a_schema_is_parsed_once():
    text = json.dumps(schema(CANDIDATE)).encode()
    assert packet_schema(text) is packet_schema(bytes(bytearray(text)))


def test_numbers_with_a_logical_type_stay_numbers():
    dated = record({"type": "long", "logicalType": "timestamp-micros"})
    assert parsed(dated).whole["fields"][0]["type"] == "long"


@pytest.mark.parametrize(
    "kind",
    [
        "null",
        {"type": "array", "items": "null"},
        {"type": "fixed", "name": "nothing", "size": 0},
        {"type": "array", "items": {"type": "record", "name": "empty", "fields": []}},
    ],
)
def test_what_takes_no_bytes_is_refused(kind):
    assert "type" in refused(record(kind)) or "without members" in refused(record(kind))


def test_a_record_that_contains_itself_is_refused():
    chain = record(["null", "alert"])
    assert "endless" in refused(chain)
    within = record({"type": "array", "items": record(["null", "alert"], name="inner")})
    assert "endless" in refused(within)
    spaced = {**record(["null", "survey.alert"]), "namespace": "survey"}
    assert "endless" in refused(spaced)


def test_records_in_records_end_somewhere():
    nested = record("int", name="r0")
    for depth in range(1, 60):
        nested = record(nested, name=f"r{depth}")
    assert "too many records" in refused(nested)


@pytest.mark.parametrize(
    "document",
    [
        7, "alert", [], ["int"], {}, {"type": "record"}, {"type": "record", "name": "a"},
        record(None), record({"type": "array"}), record({"type": "strange", "name": "x"}),
        {"type": "record", "name": "a", "fields": ["b"]}, record("undefined"),
        {"type": "record", "name": "a", "fields": [{"type": "int"}]}, {"type": "enum", "name": "e"},
        {"type": "enum", "name": "e", "symbols": ["a"]},
    ],
)  # fmt: skip
def test_what_is_no_schema_is_refused_in_words(document):
    assert refused(document).startswith("The packet's schema ")


def test_json_without_end_and_schemas_without_measure_are_refused():
    with pytest.raises(PacketInvalid, match="no JSON"):
        packet_schema(b"[" * 100_000)
    with pytest.raises(PacketInvalid, match="more than"):
        packet_schema(b" " * (MAX_SCHEMA + 1))

from __future__ import annotations

import io

import fastavro
import pytest

from too_marshal.notices.formats.avro_document import read_avro
from too_marshal.notices.formats.json_document import read_document
from too_marshal.notices.notice import NoticeMalformed


def container(schema, records, codec="null"):
    stream = io.BytesIO()
    fastavro.writer(stream, schema, records, codec=codec)
    return stream.getvalue()


def record(*fields):
    return {
        "type": "record",
        "name": "Alert",
        "fields": [{"name": name, "type": kind} for name, kind in fields],
    }


@pytest.mark.parametrize(
    "kind", ["earlywarning", "preliminary", "initial", "update", "ext-update", "retraction"]
)
def test_avro_and_json_say_the_same(kind, read, notice_of):
    """SCiMMA's rendering of an alert and GCN's: the same record, the same map byte by byte."""
    avro = read_avro(read(f"avro/lvk/MS181101ab-{kind}.avro"))
    json = read_document(read(f"notices/lvk/userguide/MS181101ab-{kind}.json"))
    assert set(avro) == set(json)
    by_avro = notice_of(f"avro/lvk/MS181101ab-{kind}.avro")
    by_json = notice_of(f"notices/lvk/userguide/MS181101ab-{kind}.json")
    assert by_avro == by_json


def zigzag(number):
    """A long as Avro writes it."""
    value, out = (number << 1) ^ (number >> 63), bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def bomb(schema, body):
    """A container with one record of these bytes."""
    text = schema.encode()
    header = b"Obj\x01" + zigzag(1) + zigzag(11) + b"avro.schema" + zigzag(len(text)) + text
    sync = b"s" * 16
    return header + zigzag(0) + sync + zigzag(1) + zigzag(len(body)) + body + sync


HOSTILE = {
    "compressed": (container(record(("a", "string")), [{"a": "x" * 9}], "deflate"), "compressed"),
    "an endless list of nothing": (
        bomb(
            '{"type":"record","name":"A","fields":'
            '[{"name":"a","type":{"type":"array","items":"null"}}]}',
            zigzag(2**40) + zigzag(0),
        ),
        "plain values",
    ),
    "a type within itself": (
        bomb(
            '{"type":"record","name":"A","fields":[{"name":"a","type":["null","A"]}]}',
            b"\x02" * 100_000 + b"\x00",
        ),
        "refers to",
    ),
    "a deep schema": (
        bomb('{"type":' * 3000 + '"string"' + "}" * 3000, b""),
        "deeply|RecursionError",
    ),
    "a list of records": (
        container(
            record(("a", {"type": "array", "items": record(("b", "string")) | {"name": "B"}})),
            [{"a": [{"b": "x"}]}],
        ),
        "plain values",
    ),
    "no record": (container(record(("a", "string")), []), "no record"),
    "not a record": (container("string", ["x"]), "no record"),
    "cut short": (container(record(("a", "string")), [{"a": "x" * 50}])[:-40], "Avro"),
    "only magic": (b"Obj\x01", "cut short"),
    "a length beyond the file": (b"Obj\x01" + zigzag(1) + zigzag(2**50), "out of range"),
    "an endless integer": (b"Obj\x01" + b"\xff" * 40, "too long"),
    "no schema": (b"Obj\x01\x00", "Avro"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_avro_is_refused_by_name(name):
    payload, fault = HOSTILE[name]
    with pytest.raises(NoticeMalformed, match=fault):
        read_avro(payload)


def test_40_mb_are_refused_before_they_are_read():
    with pytest.raises(NoticeMalformed, match="32 MB"):
        read_avro(b"Obj\x01" + bytes(40_000_000))

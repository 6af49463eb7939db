"""Packets in Confluent's frame: by the number of their schema."""

import hashlib
import io
import json

import fastavro
import pytest

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.confluent import PUBLISHED, Schemas, published, read_frame
from tests.counterparts.packets.samples import CANDIDATE, only, packet, refused, schema

SAMPLE = "alerts/lsst/boom/7912941781254298.avro"


def test_a_schema_that_is_not_known_is_named():
    assert refused(b"\x00\x00\x00\x03\x85rest") == "Schema id 901 is not known."
    assert refused(b"\x00\x00") == "The packet ends too early."


def test_schemas_of_a_folder_are_known_by_their_numbers(tmp_path):
    (tmp_path / "7").mkdir()
    inner = schema(CANDIDATE)
    candidate = {**inner["fields"][3]["type"], "namespace": "ztf"}
    inner["fields"][3]["type"] = "ztf.candidate"
    (tmp_path / "7" / "ztf.alert.avsc").write_text(json.dumps(inner))
    (tmp_path / "7" / "ztf.candidate.avsc").write_text(json.dumps(candidate))
    frame = io.BytesIO(b"\x00\x00\x00\x00\x07")
    frame.seek(5)
    fastavro.schemaless_writer(frame, schema(CANDIDATE), packet())
    record, known = read_frame(frame.getvalue(), Schemas(tmp_path))
    assert record["candidate"] == CANDIDATE
    assert known.shape.version == "ztf"


@pytest.mark.parametrize("number", [900, 1000, 1100, 1101])
def test_every_published_schema_is_one_of_lsst(number):
    shape = published().by_number(number).shape
    assert shape.name == f"lsst.v{number // 100}_{number % 100}.alert"
    assert shape.holds("diaSource", "midpointMjdTai", "psfFlux", "ra", "dec", "reliability")


def test_the_published_schemas_are_unchanged():
    listed = (PUBLISHED / "README.md").read_text()
    files = sorted(PUBLISHED.glob("*/*.avsc"))
    assert files
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"| `{digest}` | {path.relative_to(PUBLISHED)} |" in listed


def test_the_published_schemas_read_what_fastavro_reads_by_them(corpus):
    data = (corpus / SAMPLE).read_bytes()
    theirs = fastavro.schema.load_schema(PUBLISHED / "900" / "lsst.v9_0.alert.avsc")
    expected = fastavro.schemaless_reader(io.BytesIO(data[5:]), theirs, None)
    alert = only(data)
    assert str(expected["diaSource"]) == str(alert.fields)
    assert expected["cutoutTemplate"] == alert.cutouts["template"]


def test_a_packet_that_ends_too_early_is_refused(corpus):
    data = (corpus / SAMPLE).read_bytes()
    for length in (5, 6, 100, 1000, len(data) - 1):
        with pytest.raises(PacketInvalid, match=r"ends too early|follow its schema"):
            read_frame(data[:length], published())

"""Packets by what they are: whole and by their beginning, of the corpus, broken and hostile."""

import dataclasses
import io
import json
import tracemalloc
from collections import Counter

import cramjam
import fastavro
import pytest
from fastavro.schema import SchemaParseException
from hypothesis import given, settings
from hypothesis import strategies as st

from counterparts.light_curves import light_curve
from counterparts.packets.alert import Alert, PacketInvalid
from counterparts.packets.encodings.codecs import MAX_BLOCK
from counterparts.packets.files import packets_in
from counterparts.packets.read import read_packets
from tests.counterparts.packets.samples import (
    CANDIDATE,
    avro,
    avro_files,
    comparable,
    only,
    packet,
    refused,
    schema,
)

REST = {"detections", "limits", "forced", "cutouts", "added", "notes", "is_whole"}

POSITIVE = {267: 133, 648: 377}
"""Positive differences among so many alerts of ZTF in a corpus, counted with other tools."""


def said(alert):
    return {
        member.name: comparable(getattr(alert, member.name))
        for member in dataclasses.fields(alert)
        if member.name not in REST
    }


def test_a_packet_says_who_where_and_when():
    alert = only(avro(packet()))
    assert (alert.survey, alert.object_id) == ("ZTF", "ZTF26aaaaaaa")
    assert alert.candid == "1234567890123456789"
    assert (alert.ra, alert.dec, alert.jd, alert.filter) == (12.5, -3.25, 2460000.75, "r")
    assert (alert.magnitude, alert.magnitude_error, alert.limiting_magnitude) == (18.5, 0.1, 20.5)
    assert (alert.real_bogus, alert.real_bogus_name, alert.is_positive) == (0.875, "drb", True)
    assert alert.schema_version == "4.02"
    assert alert.fields == CANDIDATE
    assert [point.jd for point in alert.detections] == [2459999.75]
    assert [(point.filter, point.limiting_magnitude) for point in alert.limits] == [("g", 20.25)]
    assert alert.cutouts == {"science": b"\x1f\x8b"}
    assert not alert.notes


def test_the_beginning_says_the_same_and_leaves_the_rest_out():
    data = avro(packet())
    whole, begun = only(data), only(data, prefix=True)
    assert said(whole) == said(begun)
    assert not begun.is_whole
    assert not begun.detections
    assert not begun.cutouts


def test_the_beginning_is_read_without_looking_at_the_end():
    data = avro(packet(cutoutScience=bytes(1000)))
    broken = data.replace(bytes(1000), b"\xff" * 1000)
    assert said(only(broken, prefix=True)) == said(only(data))


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard"])
def test_several_packets_come_in_one_file_in_every_codec(codec):
    data = packed(codec, *(packet(candid=number) for number in range(3)))
    for prefix in (False, True):
        found = list(read_packets(data, prefix=prefix))
        assert [alert.candid for alert in found] == ["0", "1", "2"]


def packed(codec, *packets):
    """An Avro file by another hand where fastavro has no codec."""
    plain = avro(*packets, codec=codec if codec != "zstandard" else "null")
    if codec != "zstandard":
        return plain
    parts = plain.split(b"0123456789abcdef")
    body = io.BytesIO(parts[1])
    count, size = (fastavro.schemaless_reader(body, "long") for _ in range(2))
    block = bytes(cramjam.zstd.compress(body.read()))
    assert size > len(block)
    head = io.BytesIO()
    for number in (count, len(block)):
        fastavro.schemaless_writer(head, "long", number)
    header = parts[0].replace(b"\x08null", b"\x12zstandard")
    return header + b"0123456789abcdef" + head.getvalue() + block + b"0123456789abcdef"


def test_every_packet_of_the_corpus_is_read_or_fails_by_name(corpus):
    found = Counter()
    for survey in ("ztf", "lsst", "winter", "pgir", "atlas", "decam", "turbo", "broker", "lasair"):
        for where, alert in packets_in(corpus / "alerts" / survey):
            assert isinstance(alert, Alert) or str(alert).endswith("."), where
            found[type(alert).__name__, survey] += 1
    assert found["Alert", "ztf"] > 250
    others = {"lsst": 1, "winter": 9, "pgir": 17, "atlas": 12, "decam": 1, "turbo": 11}
    for survey, least in others.items():
        assert found["Alert", survey] >= least
        assert not found["PacketInvalid", survey]
    assert found["Alert", "broker"] == 4
    assert found["Alert", "lasair"] == 10
    assert found["PacketInvalid", "broker"] == found["PacketInvalid", "lasair"] == 0


def test_what_fastavro_reads_of_the_corpus_is_read_with_the_same_members(corpus):
    compared = 0
    for path, data in avro_files(corpus):
        try:
            expected = list(fastavro.reader(io.BytesIO(data)))
        except (ValueError, IndexError, EOFError, SchemaParseException):
            continue  # TURBO's schema, and files that lost a byte
        inner = expected[0].get("candidate")
        if inner is None:
            continue
        (alert,) = read_packets(data)
        assert isinstance(alert, Alert), (path, alert)
        assert comparable(alert.fields) == comparable(inner), path
        compared += 1
    assert compared > 150


def test_the_beginning_of_every_packet_of_the_corpus_says_the_same(corpus):
    compared = 0
    for folder in ("ztf", "lsst", "winter", "pgir", "atlas", "decam", "turbo", "broker", "lasair"):
        whole = packets_in(corpus / "alerts" / folder)
        begun = packets_in(corpus / "alerts" / folder, prefix=True)
        for (where, one), (also, other) in zip(whole, begun, strict=True):
            assert where == also
            if isinstance(one, Alert):
                assert said(one) == said(other), where
                compared += 1
    assert compared > 300


def test_positive_differences_of_the_corpus_are_as_many_as_other_tools_count(corpus):
    alerts = {}
    for folder in ("ztf", "lasair"):
        for _, alert in packets_in(corpus / "alerts" / folder, prefix=True):
            if isinstance(alert, Alert) and alert.survey == "ZTF":
                alerts.setdefault(alert.candid, alert)
    assert sum(alert.is_positive for alert in alerts.values()) == POSITIVE[len(alerts)]


def test_a_newer_schema_with_members_that_nobody_knows_is_read():
    candidate = {**CANDIDATE, "novelty": 7, "another": "word"}
    newer = packet(candidate, schemavsn="9.99", verdict="maybe")
    alert = only(avro(newer, written_by=schema(candidate, verdict="string")))
    assert alert.schema_version == "9.99"
    assert alert.fields["novelty"] == 7
    assert alert.added == {"verdict": "maybe"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ra": float("nan")}, "The packet's ra is nan, which is no number."),
        ({"ra": None}, "The packet's ra is missing."),
        ({"ra": 361.0}, "The right ascension is 361, not between 0 and 360."),
        ({"dec": -90.5}, "The declination is -90.5, not between -90 and 90."),
        ({"jd": float("inf")}, "The packet's jd is inf, which is no number."),
        ({"jd": 60000.25}, "The Julian date is 60000.25, not between 2400000.5 and 2500000."),
    ],
)
def test_without_a_place_or_a_time_there_is_no_alert(changes, reason):
    assert refused(avro(packet(changes))) == reason


def test_without_object_and_number_there_is_no_alert():
    nobody = packet({"candid": None}, objectId="", candid=None)
    document = json.dumps({**nobody, "cutoutScience": None}).encode()
    assert refused(document) == "The packet names neither an object nor a detection."


def test_a_broken_block_costs_its_own_packets_and_not_the_next():
    data = avro(packet(candid=1), codec="deflate")
    parts = data.split(b"0123456789abcdef")
    twice = b"0123456789abcdef".join([parts[0], b"\x02\x06abc", parts[1], b""])
    broken, alert = read_packets(twice)
    assert isinstance(broken, PacketInvalid)
    assert alert.candid == "1"


def test_a_packet_that_ends_too_early_is_refused_wherever_it_ends():
    data = avro(packet())
    for length in range(len(data)):
        for prefix in (False, True):
            (found,) = read_packets(data[:length], prefix=prefix)
            assert isinstance(found, PacketInvalid), length


@settings(max_examples=300)
@given(st.data())
def test_whatever_bytes_are_changed_there_is_an_alert_or_a_reason(data):
    packets = bytearray(avro(packet()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(packets) - 1))
        packets[at] = data.draw(st.integers(0, 255))
    for prefix in (False, True):
        found = list(read_packets(bytes(packets), prefix=prefix))
        assert found
        assert all(isinstance(one, Alert | PacketInvalid) for one in found)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.just([{}]),
    st.just({}),
)


@given(st.dictionaries(st.sampled_from(sorted(CANDIDATE)), ODD), st.lists(ODD, max_size=3))
def test_whatever_members_say_there_is_an_alert_with_a_light_curve_or_a_reason(odd, history):
    entries = [*history, odd, {**CANDIDATE, **odd}]
    document = packet(odd, cutoutScience=None, prv_candidates=entries, fp_hists=entries)
    (found,) = read_packets(json.dumps(document).encode())
    if isinstance(found, Alert):
        assert light_curve(found) is not None
    else:
        assert str(found).endswith(".")


BEGINNINGS = [b"", b"Obj\x01", b"\x00\x00\x00\x03\x84", b"PAR1", b"{", b"["]


@given(st.binary(max_size=200), st.sampled_from(BEGINNINGS))
def test_whatever_bytes_come_there_is_a_reason(data, begins):
    found = list(read_packets(begins + data))
    assert found
    assert all(isinstance(one, PacketInvalid) for one in found)


@pytest.mark.parametrize("prefix", [False, True])
def test_claims_of_a_broken_packet_take_no_memory(prefix):
    header = avro(packet()).split(b"0123456789abcdef")[0] + b"0123456789abcdef"
    claims = [
        long(2**60) + long(10) + bytes(10),
        long(1) + long(2**62) + bytes(10),
        long(2**60) + long(-5),
        # A text of 2^62 bytes, an array of 2^60 entries.
        block(long(2**62) + b"abc"),
        block(long(4) + b"4.02" + long(2**40)),
    ]
    tracemalloc.start()
    for claim in claims:
        (found,) = read_packets(header + claim, prefix=prefix)
        assert isinstance(found, PacketInvalid)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_packet_that_expands_in_memory_is_bounded():
    """One byte a record is the most that a schema can make of a block."""
    small = {"type": "record", "name": "small", "fields": [{"name": "is", "type": "boolean"}]}
    written_by = schema(CANDIDATE, many={"type": "array", "items": small})
    entries = MAX_BLOCK // 16
    data = avro(packet(many=[{"is": True}] * entries), codec="deflate", written_by=written_by)
    assert len(data) < 20_000
    assert len(only(data).added["many"]) == entries
    bomb = avro(packet(many=[{"is": True}] * MAX_BLOCK), codec="deflate", written_by=written_by)
    assert refused(bomb) == f"The compressed bytes expand to more than {MAX_BLOCK} bytes."


def long(number):
    file = io.BytesIO()
    fastavro.schemaless_writer(file, "long", number)
    return file.getvalue()


def block(data):
    return long(1) + long(len(data)) + data + b"0123456789abcdef"


def test_bytes_that_are_nothing_are_refused_in_words():
    assert refused(b"") == "There are no bytes in it."
    assert refused(b"[]") == "There is no packet in it."
    assert refused(b"\x89PNG") == "The bytes are neither Avro nor JSON nor a table of packets."
    assert refused(b'{"a": 1}') == "No known survey or broker sends such packets (a)."

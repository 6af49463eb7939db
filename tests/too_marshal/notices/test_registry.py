from __future__ import annotations

import json

import pytest

from too_marshal.notices import registration, registry
from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.registry import DEFAULT_TOPICS, TOPICS, ParserFault, parse

FLIGHT = "notices/fermi_gbm/by_class/GBM_Flt_Pos_2014-04-25T001951.97_420077994_75-013.xml"
SUPEREVENT = "notices/lvk/voevent_real/S200213t-1-Preliminary.xml"


def test_every_default_topic_has_a_parser():
    assert set(DEFAULT_TOPICS) <= set(TOPICS)
    assert len(set(DEFAULT_TOPICS)) == len(DEFAULT_TOPICS) > 55
    assert {"igwn.gwalert", "gcn.heartbeat", "gcn.circulars"} <= set(DEFAULT_TOPICS)


@pytest.mark.parametrize(
    ("topic", "path", "stream"),
    [
        ("gcn.classic.voevent.FERMI_GBM_FLT_POS", FLIGHT, "fermi_gbm"),
        ("gcn.classic.voevent.LVC_PRELIMINARY", SUPEREVENT, "lvk"),
        ("gcn.notices.svom.voevent.grm", "notices/kafka_2026/svom_grm/grm_347.xml", "svom"),
        ("igwn.gwalert", "notices/lvk/userguide/MS181101ab-retraction.json", "lvk"),
        ("igwn.gwalert", "avro/lvk/MS181101ab-retraction.avro", "lvk"),
    ],
)
def test_a_topic_finds_the_parser_that_the_content_finds(topic, path, stream, read):
    assert parse(read(path), topic) == parse(read(path))
    assert parse(read(path), topic).stream == stream


@pytest.mark.parametrize(
    "topic",
    [
        "gcn.classic.text.FERMI_GBM_FLT_POS",
        "gcn.classic.binary.FERMI_GBM_FLT_POS",
        "gcn.classic.voevent.MOA",
        "gcn.classic.voevent.NO_SUCH_TYPE",
        "gcn.notices.something.new",
        "",
    ],
)
def test_a_topic_that_nobody_reads_is_unknown(topic, read):
    with pytest.raises(NoticeUnknown, match="no parser for the topic"):
        parse(read(FLIGHT), topic)


@pytest.mark.parametrize(
    ("topic", "path"),
    [
        ("gcn.classic.voevent.FERMI_GBM_FLT_POS", SUPEREVENT),
        ("gcn.classic.voevent.LVC_PRELIMINARY", FLIGHT),
        ("gcn.notices.svom.voevent.grm", FLIGHT),
        ("gcn.classic.voevent.SWIFT_BAT_QL_POS", "notices/kafka_2026/svom_grm/grm_347.xml"),
    ],
)
def test_the_topic_decides_the_mission_not_the_content(topic, path, read):
    with pytest.raises(NoticeMalformed, match="on a topic of"):
        parse(read(path), topic)


def test_an_ivorn_of_another_mission_is_refused(read):
    """A packet type of Fermi whose identifier says LVK, and the other way round."""
    forged = read(FLIGHT).replace(b"ivo://nasa.gsfc.gcn/Fermi#", b"ivo://gwnet/LVC#")
    with pytest.raises(NoticeMalformed, match="cannot come from ivo://gwnet/LVC"):
        parse(forged)
    with pytest.raises(NoticeMalformed, match="cannot come from"):
        parse(forged, "gcn.classic.voevent.FERMI_GBM_FLT_POS")
    forged = read(SUPEREVENT).replace(b"ivo://gwnet/LVC#", b"ivo://gwnet.evil/LVC#")
    with pytest.raises(NoticeMalformed, match="cannot come from"):
        parse(forged)


def test_a_topic_of_json_takes_no_json_of_another_mission(read):
    with pytest.raises(NoticeMalformed, match="superevent_id is missing"):
        parse(read("notices/kafka_2026/einstein_probe/alert_247.json"), "igwn.gwalert")


@pytest.mark.parametrize("payload", [b"", b" ", b"TITLE: GCN CIRCULAR", b"\x00\x01", b"\xff" * 9])
def test_what_is_neither_xml_nor_json_nor_avro_is_malformed(payload):
    with pytest.raises(NoticeMalformed, match="neither"):
        parse(payload)


def test_what_librdkafka_says_in_place_of_a_message_is_malformed():
    """A consumer that forgets to look at `message.error()` hands this on."""
    text = b"Subscribed topic not available: x: Broker: Unknown topic or partition"
    for topic in ("igwn.gwalert", "gcn.classic.voevent.FERMI_GBM_ALERT"):
        with pytest.raises(NoticeMalformed):
            parse(text, topic)


def test_two_parsers_of_one_packet_type_are_an_error_at_import():
    with pytest.raises(ValueError, match="packet type 111 has two parsers"):
        parses_packet(111, mission="fermi", authorities=())(lambda event: event)


def test_two_parsers_of_one_topic_are_an_error_at_import():
    with pytest.raises(ValueError, match=r"topic igwn\.gwalert has two parsers"):
        parses_topic("igwn.gwalert")(lambda document: document)


def test_a_parser_that_fails_is_a_typed_error_and_logged(monkeypatch, caplog):
    def fail(_document):
        raise ZeroDivisionError("oops")

    entry = registration.DocumentEntry(fail, None, frozenset())
    monkeypatch.setitem(registry.DOCUMENTS, "test.topic", entry)
    with pytest.raises(ParserFault, match="ZeroDivisionError: oops"):
        parse(b"{}", "test.topic")
    assert "A parser failed" in caplog.text


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"superevent_id": "S" + "1" * 90}, "no superevent"),
        ({"superevent_id": "S230528ay\u202e"}, "no superevent"),
        ({"alert_type": "?"}, "no alert type"),
        ({"alert_type": ["INITIAL"]}, "alert_type is not text"),
        ({"time_created": "yesterday"}, "time_created"),
        ({"time_created": None}, "time_created is missing"),
    ],
)
def test_a_member_out_of_bounds_is_named(change, fault):

    alert = {"superevent_id": "S230528ay", "alert_type": "INITIAL", "event": None}
    alert |= {"time_created": "2023-05-28T11:40:43Z"} | change
    with pytest.raises(NoticeMalformed, match=fault):
        parse(json.dumps(alert).encode(), "igwn.gwalert")


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"alert_type": "X" * 50}, "alert_type unknown: '" + "X" * 40 + "'"),
        ({"event": [1]}, "event unreadable"),
        (
            {"external_coinc": {"gcn_notice_id": "9" * 90, "observatory": "Fermi"}},
            "a name unusable",
        ),
    ],
)
def test_what_an_alert_can_do_without_is_left_out_with_a_flag(change, flag):
    alert = {"superevent_id": "S230528ay", "alert_type": "INITIAL", "event": None}
    alert |= {"time_created": "2023-05-28T11:40:43Z"} | change
    notice = parse(json.dumps(alert).encode(), "igwn.gwalert")
    assert notice.event_key == "S230528ay"
    assert flag in notice.flags


def test_an_identifier_has_a_longest_length(read):
    notice = parse(read(FLIGHT).replace(b"Fermi#", b"Fermi#" + b"x" * 3000))
    assert len(notice.notice_id) == 2000
    assert "an address too long" in notice.flags


def test_attributes_have_a_largest_size():
    neutrinos = b",".join(b'{"id": "km3.%d"}' % i for i in range(5000))
    notice = parse(
        b'{"id": "1", "p_astro": 0.5, "event_details": [' + neutrinos + b"]}",
        "gcn.notices.km3net.alert",
    )
    assert dict(notice.attributes) == {"p_astro": 0.5}
    assert "attributes too large" in notice.flags

"""The VOEvent adapter: hostile packets are refused quickly, real ones read alike in both ways."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from tests.too_marshal import alerts
from too_marshal.notices.formats import voevent
from too_marshal.notices.formats.numbers import read_float
from too_marshal.notices.formats.voevent import read_voevent
from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse

HEAD = b'<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" '
IDENTITY = b'ivorn="ivo://nasa.gsfc.gcn/Fermi#x" role="observation" version="2.0">'
TAIL = b"</voe:VOEvent>"


def packet(body=b"", *, prologue=b"", identity=IDENTITY):
    return prologue + HEAD + identity + body + TAIL


def entities(levels=9):
    declared = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, levels + 1)
    )
    return b"<!DOCTYPE x [" + declared + b"]>"


HOSTILE = {
    "billion laughs": (packet(b"&a9;", prologue=entities()), "DOCTYPE"),
    "one entity": (packet(b"&a0;", prologue=entities(0)), "DOCTYPE"),
    "external entity": (
        packet(b"&e;", prologue=b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
        "DOCTYPE",
    ),
    "external entity over http": (
        packet(b"&e;", prologue=b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]>'),
        "DOCTYPE",
    ),
    "parameter entity": (
        packet(prologue=b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'),
        "DOCTYPE",
    ),
    "external DTD": (packet(prologue=b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), "DOCTYPE"),
    "DOCTYPE in UTF-16": (
        packet(prologue=b"<!DOCTYPE x>").decode().encode("utf-16"),
        "well-formed|UTF",
    ),
    "quadratic blow-up": (
        packet(b"&a;" * 9000, prologue=b'<!DOCTYPE x [<!ENTITY a "' + b"A" * 9000 + b'">]>'),
        "DOCTYPE",
    ),
    "20 MB": (packet(b"<What>" + b"x" * 20_000_000 + b"</What>"), "1 MB"),
    "depth 100 000": (packet(b"<a>" * 100_000 + b"</a>" * 100_000), "tags"),
    "depth 5000": (packet(b"<a>" * 5000 + b"</a>" * 5000), "well-formed"),
    "a million elements": (packet(b"<a/>" * 1_000_000), "1 MB"),
    "240 000 elements": (packet(b"<a/>" * 240_000), "tags"),
    "undeclared prefix": (b"<voe:VOEvent ivorn='a' role='test'/>", "well-formed"),
    "cut short": (packet()[:-5], "well-formed"),
    "empty": (b"", "well-formed|no root"),
    "another root": (b"<html/>", "root element"),
    "another namespace": (b'<VOEvent xmlns="urn:x" ivorn="a" role="test"/>', "root element"),
    "no ivorn": (packet(identity=b'role="observation">'), "ivorn"),
    "bad UTF-8": (packet(b"<What>\xff\xfe</What>"), "well-formed"),
    "NUL": (packet(b"<What>\0</What>"), "well-formed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_packet_is_refused_by_name_within_a_second(name):
    payload, fault = HOSTILE[name]
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(NoticeMalformed, match=fault):
        read_voevent(payload)
    assert time.process_time() - start < 1
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("written", "role", "is_odd"),
    [
        (b'role="drill"', "observation", True),
        (b'role=""', "observation", False),
        (b"", "observation", False),
        (b'role=" Test "', "test", False),
    ],
)
def test_a_role_that_nobody_knows_makes_no_test_of_an_alert(written, role, is_odd):
    event = read_voevent(packet(identity=b'ivorn="ivo://x" ' + written + b">"))
    assert event.role == role
    assert any("role unknown" in flag for flag in event.flags) is is_odd


def test_a_declared_encoding_cannot_hide_the_text():
    """The bytes are read as UTF-8 whatever the declaration says."""
    body = b'<What><Param name="TrigID" value="5"/></What>'
    event = read_voevent(packet(body, prologue=b'<?xml version="1.0" encoding="IBM037"?>'))
    assert event.text("TrigID") == "5"


def test_no_file_and_no_address_is_opened(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        pytest.fail("something was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    secret = tmp_path / "secret"
    for payload, _ in HOSTILE.values():
        with pytest.raises(NoticeMalformed) as caught:
            read_voevent(payload.replace(b"/etc/passwd", str(secret).encode()))
        assert "root:" not in str(caught.value)


def test_space_before_the_declaration_is_forgiven():
    declared = b'\n <?xml version="1.0"?>\n' + packet()
    assert read_voevent(declared).role == "observation"


def test_missing_things_are_none_and_never_an_error():
    event = read_voevent(packet())
    assert event.text("TrigID") is event.number("TrigID") is event.integer("TrigID") is None
    assert event.truth("x") is event.position is event.iso_time is event.date is None
    assert event.group("x") == {}
    assert event.packet_type is None


def test_a_name_is_found_in_its_group_or_in_the_first_place_it_stands():
    event = read_voevent(
        packet(
            b'<What><Param name="Trigger_ID" value="0x1"/><Param name="n" value=" "/>'
            b'<Group name="Trigger_ID"><Param name="Test" value="true"/></Group>'
            b'<Group name="Other"><Param name="Test" value="false"/></Group>'
            b'<Group type="Classification"><Param name="BNS" value="0.5"/></Group></What>'
        )
    )
    assert event.flag("Test", "Trigger_ID")
    assert event.truth("Test", "Other") is False
    assert event.text("Trigger_ID") == "0x1"
    assert event.text("n") is None
    assert event.group("Classification") == {"BNS": "0.5"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        (" -3e2 ", -300.0),
        (".5", 0.5),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("1_000", None),
        ("0x10", None),
        ("", None),
        ("٣", None),
        ("9" * 400, None),
        (None, None),
    ],
)
def test_numbers(text, value):
    assert read_float(text) == value


@pytest.mark.skipif(voevent.voeventparse is None, reason="voevent-parse is not installed")
def test_both_readers_give_the_same_over_the_corpus(corpus, monkeypatch):
    """With voevent-parse and without: every packet, member by member."""
    read = 0
    for path in sorted((corpus / "notices").rglob("*.xml")):
        payload = path.read_bytes()
        try:
            with_it = read_voevent(payload)
        except NoticeMalformed:
            continue
        with monkeypatch.context() as patched:
            patched.setattr(voevent, "voeventparse", None)
            assert read_voevent(payload) == with_it, path
        read += 1
    assert read > 1400


def test_old_and_relayed_packets_are_read(notice_of):
    """Version 1.1, and copies whose root lost its prefix, are what the archives hold."""
    old = notice_of("notices/repo_tests/gbm_flt_pos.xml")
    assert old.stream == "fermi_gbm"
    with pytest.raises(NoticeUnknown):
        notice_of("notices/repo_tests/no_namespace_packet.xml")


def test_a_parameter_that_cannot_be_read_is_flagged_where_it_is_asked_for():
    text = alerts.gbm(packet=111).decode()
    odd = (
        '<Param name="Data_Signif" value="N/A" /><Param name="Most_Likely_Index" value="GRB" />'
        '<Param name="Def_NOT_a_GRB" value="perhaps" /><Param name="Nobody_asks" value="?" />'
        "</What>"
    )
    notice = parse(text.replace("</What>", odd).encode())
    assert notice.flags == {
        "Data_Signif unreadable", "Most_Likely_Index unreadable", "Def_NOT_a_GRB unreadable",
    }  # fmt: skip
    assert notice.event_key == "800000000"
    assert notice.localization.radius == 5

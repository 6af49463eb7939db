from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from too_marshal.notices.formats import json_document
from too_marshal.notices.formats.json_document import Document, read_document
from too_marshal.notices.notice import NoticeMalformed

HOSTILE = {
    "NaN": (b'{"a": NaN}', "NaN"),
    "infinity": (b'{"a": -Infinity}', "Infinity"),
    "a number beyond all": (b'{"a": 1e999}', "no finite number"),
    "5000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
    "a name twice": (b'{"a": 1, "a": 2}', "twice"),
    "a name twice, inside": (b'{"b": [{"a": 1, "a": 2}]}', "twice"),
    "a NUL in a text": (b'{"a": "x\\u0000y"}', "NUL"),
    "a NUL in a name": (b'{"x\\u0000": 1}', "NUL"),
    "half a surrogate pair": (b'{"a": "\\ud800"}', "surrogate"),
    "depth 100 000": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deep"),
    "a list 100 000 deep": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deep"),
    "a list": (b"[1]", "not an object"),
    "a text": (b'"x"', "not an object"),
    "cut short": (b'{"a": ', "not JSON"),
    "two objects": (b"{}{}", "not JSON"),
    "bad UTF-8": (b'{"a": "\xff"}', "UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "UTF-8"),
    "a raw control character": (b'{"a": "\x01"}', "not JSON"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused_by_name(name):
    payload, fault = HOSTILE[name]
    with pytest.raises(NoticeMalformed, match=fault):
        read_document(payload)


def test_40_mb_are_refused_before_they_are_read():
    start = time.process_time()
    with pytest.raises(NoticeMalformed, match="32 MB"):
        read_document(b'{"a": "' + b"x" * 40_000_000 + b'"}')
    assert time.process_time() - start < 0.5


def test_a_million_repeated_names_cost_no_quadratic_time():
    members = b",".join(b'"k%d": 1' % i for i in range(200_000))
    start = time.process_time()
    with pytest.raises(NoticeMalformed, match="twice"):
        read_document(b"{" + members + b', "k199999": 2}')
    assert time.process_time() - start < 3


def test_escapes_that_mean_something_are_kept():
    document = read_document(rb'{"a": "\u00e9 \ud83d\ude00 \\u0000"}')
    assert document["a"] == "é 😀 \\u0000"


def test_a_byte_order_mark_is_forgiven():
    assert read_document(b"\xef\xbb\xbf{}") == {}


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.integers(-(2**63), 2**63)
    )
)
def test_what_json_writes_is_read_back(members):
    assert dict(read_document(json.dumps(members).encode())) == members


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, "x", "1e999", 10**400])
def test_what_is_no_number_is_named(value):
    with pytest.raises(NoticeMalformed, match=r"event\.far is not a"):
        Document({"far": value}, "event.").number("far")


def test_a_number_may_stand_in_quotes():
    assert Document({"far": "2e-5"}).number("far") == 2e-5


@pytest.mark.parametrize("value", [1.5, 2**63, -(2**63) - 1, "x", True])
def test_what_is_no_whole_number_is_named(value):
    with pytest.raises(NoticeMalformed, match="rev is not a"):
        Document({"rev": value}).integer("rev")


def test_a_large_identifier_loses_no_digit():
    assert Document({"id": 2**62 + 1}).integer("id") == 2**62 + 1


@pytest.mark.parametrize("value", [{"a": 1}, [["x"]], True, [None]])
def test_what_is_no_list_of_texts_is_named(value):
    with pytest.raises(NoticeMalformed, match="id is not text"):
        Document({"id": value}).texts("id")


@pytest.mark.parametrize("value", [5, [5], "x"])
def test_what_is_no_object_is_named(value):
    with pytest.raises(NoticeMalformed, match="event is not an object"):
        Document({"event": value}).child("event")
    with pytest.raises(NoticeMalformed, match="event is not a list of objects"):
        Document({"event": value}).children("event")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_file_in_base64_comes_out_as_it_went_in(content):
    encoded = base64.b64encode(content).decode()
    assert Document({"map": encoded + "\n"}).base64("map") == (content or None)


@pytest.mark.parametrize("text", ["U0lNUEx...", "U0lN UExF", "U0lNUE=", "U0lNUExF-_", "é"])
def test_what_is_no_base64_is_refused(text):
    """Python's decoder would drop what it does not know, and make another file of the rest."""
    with pytest.raises(NoticeMalformed, match="map is no base64"):
        Document({"map": text}).base64("map")


def test_a_broken_file_leaves_the_notice():
    assert Document({"map": "U0lNUEx..."}).file("map") == (None, {"sky map unreadable"})
    assert Document({"map": "TU9D"}).file("map") == (b"MOC", frozenset())
    assert Document({}).file("map") == (None, frozenset())


def test_a_map_has_a_largest_size(monkeypatch):
    monkeypatch.setattr(json_document, "MAX_MAP_SIZE", 10)
    with pytest.raises(NoticeMalformed, match="24 MB"):
        Document({"map": base64.b64encode(b"x" * 11).decode()}).base64("map")

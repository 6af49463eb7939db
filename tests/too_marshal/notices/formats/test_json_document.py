from __future__ import annotations

import base64
import json
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from too_marshal.notices.formats import json_document
from too_marshal.notices.formats.json_document import Document, read_document
from too_marshal.notices.notice import NoticeMalformed

HOSTILE = {
    "a name twice": (b'{"a": 1, "a": 2}', "twice"),
    "a name twice, inside": (b'{"b": [{"a": 1, "a": 2}]}', "twice"),
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


ODD = {
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "a number beyond all": b"1e999",
    "5000 digits": b"9" * 5000,
    "a NUL in a text": b'"x\\u0000y"',
    "a NUL in a name": b'{"x\\u0000": 1}',
    "half a surrogate pair": b'"\\ud800"',
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_costs_its_member_and_only_when_it_is_asked_for(name):
    document = read_document(b'{"a": ' + ODD[name] + b', "b": 2}')
    assert document.number("b") == 2
    assert document.flags == frozenset()
    assert document.number("a") is None
    assert document.flags == {"a unreadable"}
    assert document.text("a") is None
    json.dumps(sorted(document.flags)).encode()


def test_a_name_given_twice_with_one_value_is_one():
    assert read_document(b'{"a": 1, "a": 1}')["a"] == 1


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, "x", "1e999", 10**400, "N/A", math.nan])
def test_what_is_no_number_is_flagged_by_name(value):
    document = Document({"event": {"far": value}})
    assert document.child("event").number("far") is None
    assert document.flags == {"event.far unreadable"}


@pytest.mark.parametrize("value", [None, "", " ", "null", "NULL", "None"])
def test_what_says_that_there_is_no_number_is_not_flagged(value):
    document = Document({"far": value})
    assert document.number("far") is None
    assert document.flags == frozenset()


def test_a_number_may_stand_in_quotes():
    assert Document({"far": "2e-5"}).number("far") == 2e-5


@pytest.mark.parametrize("value", [1.5, 2**63, -(2**63) - 1, "x", True])
def test_what_is_no_whole_number_is_flagged_by_name(value):
    document = Document({"rev": value})
    assert document.integer("rev") is None
    assert document.flags == {"rev unreadable"}


def test_a_large_identifier_loses_no_digit():
    assert Document({"id": 2**62 + 1}).integer("id") == 2**62 + 1


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), ("true", True), ("Yes", True), (1, True), (" FALSE ", False), ("0", False)],
)
def test_truth_has_many_spellings(value, truth):
    document = Document({"significant": value})
    assert document.truth("significant") is truth
    assert document.flags == frozenset()


@pytest.mark.parametrize("value", ["perhaps", 2, [True], {}])
def test_what_is_neither_true_nor_false_is_flagged_by_name(value):
    document = Document({"significant": value})
    assert document.truth("significant") is None
    assert document.flags == {"significant unreadable"}


@pytest.mark.parametrize("value", [{"a": 1}, [["x"]], True, [None], "N/A", "null", ["unknown"]])
def test_what_is_no_identifier_is_named(value):
    document = Document({"id": value})
    assert document.identifiers("id") == ()
    if value != "null":
        with pytest.raises(NoticeMalformed, match="id is not text"):
            document.required_identifiers("id")


def test_the_readable_of_several_identifiers_are_kept():
    document = Document({"id": ["1", None, "bn1"]})
    assert document.required_identifiers("id") == ("1", "bn1")
    assert document.flags == {"id unreadable"}


@pytest.mark.parametrize("value", [5, [5], "x"])
def test_what_is_no_object_is_flagged_by_name(value):
    document = Document({"event": value})
    assert document.child("event") is None
    assert document.children("event") == ()
    assert document.flags == {"event unreadable"}


def test_a_list_with_a_million_faults_makes_few_flags():
    document = Document({"a": {str(i): "x" for i in range(10_000)}})
    assert document.numbers("a") == {}
    assert len(document.flags) == 21
    assert "more unreadable members" in document.flags


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

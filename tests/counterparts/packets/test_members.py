"""Members one by one: what stands for nothing, and what is odd."""

import math

import pytest

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.members import Members


@pytest.mark.parametrize("value", [-999.0, -99.0, math.nan, None])
def test_what_stands_for_nothing_is_none_without_a_note(value):
    members = Members({"magpsf": value})
    assert members.number("magpsf") is None
    assert not members.notes


def test_a_place_may_be_at_any_number():
    assert Members({"ra": -99.0}).number("ra", ()) == -99


@pytest.mark.parametrize("value", ["bright", [1], math.inf, 10**400])
def test_what_is_no_number_is_none_and_noted(value):
    members = Members({"magpsf": value})
    assert members.number("magpsf") is None
    assert members.notes


@pytest.mark.parametrize(("read", "value"), [("magnitude", 1e6), ("flux", -1e40)])
def test_a_measurement_that_cannot_be_is_none_and_noted(read, value):
    members = Members({"measured": value})
    assert getattr(members, read)("measured") is None
    assert members.notes == [f"measured is {value:g}, which cannot be"]


def test_a_number_in_words_is_read_and_noted():
    members = Members({"magpsf": "18.5"})
    assert members.number("magpsf") == 18.5
    assert members.notes == ["magpsf is '18.5', read as a number"]


@pytest.mark.parametrize(
    ("value", "is_positive"),
    [
        ("t", True), ("1", True), (1, True), (True, True), (1.0, True), ("y", True),
        ("f", False), ("0", False), (0, False), (False, False), (0.0, False), (None, None),
    ],
)  # fmt: skip
def test_the_sign_is_read_however_it_is_written(value, is_positive):
    members = Members({"isdiffpos": value})
    assert members.is_positive("isdiffpos") is is_positive
    assert not members.notes


@pytest.mark.parametrize("value", ["maybe", 7, [True]])
def test_a_sign_that_is_none_is_noted(value):
    members = Members({"isdiffpos": value})
    assert members.is_positive("isdiffpos") is None
    assert "neither positive nor negative" in members.notes[0]


def test_an_identifier_that_a_table_made_a_float_is_kept_with_a_note():
    members = Members({"candid": 1.2e18})
    assert members.text("candid") == "1200000000000000000"
    assert "floating-point" in members.notes[0]


@pytest.mark.parametrize("value", ["", None, True, 0.5, [1], b"1"])
def test_what_is_no_identifier_is_none(value):
    assert Members({"candid": value}).text("candid") is None


def test_a_list_that_is_none_is_left_out_with_a_note():
    members = Members({"prv_candidates": "none", "fp_hists": [{"jd": 1}, 2]})
    assert members.records("prv_candidates") == []
    assert members.records("fp_hists") == [{"jd": 1}]
    assert members.notes == ["prv_candidates is no list", "1 entries of fp_hists are no records"]


def test_a_needed_member_that_is_missing_is_named():
    with pytest.raises(PacketInvalid, match="The packet's jd is missing"):
        Members({}).needed("jd")


def test_a_note_shows_no_more_of_a_value_than_a_line():
    members = Members({"magpsf": "x" * 10**6})
    members.number("magpsf")
    assert len(members.notes[0]) < 100

"""What people type where a list is asked for is read, or refused by the word that is wrong."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.web.typed_lists import LISTS, read_fields, read_right_ascension, read_targets

ANGLES = st.floats(0, 360).map(lambda angle: round(angle, 5))


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_fields_are_read_as_they_are_shown(fields):
    assert read_fields(LISTS["excluded_fields"].shown(fields)) == fields


@given(st.lists(ANGLES, min_size=2, max_size=2))
def test_a_range_is_read_as_it_is_shown(angles):
    assert read_right_ascension(LISTS["right_ascension"].shown(angles)) == pytest.approx(angles)


@pytest.mark.parametrize("text", ["543, 544,7", "543 544 7", "543,544\r\n7", "543 544 543 7"])
def test_fields_are_apart_by_commas_or_spaces_and_count_once(text):
    assert read_fields(text) == [543, 544, 7]


@pytest.mark.parametrize("text", ["350, 20", "23:20:00, 1:20:00", "23h20m00s, 01h20m00.0s"])
def test_a_range_is_in_degrees_or_in_hours(text):
    assert read_right_ascension(text) == pytest.approx([350, 20])


POSITIONS = st.tuples(ANGLES, st.floats(-90, 90).map(lambda angle: round(angle, 5))).map(list)


@given(st.lists(st.integers(0, 10**6) | POSITIONS))
def test_targets_are_read_as_they_are_shown(targets):
    assert read_targets(LISTS["targets"].shown(targets)) == targets


@pytest.mark.parametrize(
    "line",
    [
        "187.7059 12.3911", "187.7059, 12.3911", "12:30:49.416 +12:23:27.96",
        "12 30 49.416 +12 23 27.96", "12h30m49.416s 12d23m27.96s", "12:30:49.416, 12.3911",
    ],
)  # fmt: skip
def test_a_position_is_in_degrees_or_sexagesimal(line):
    field, position, other = read_targets(f"543\r\n\r\n{line}\n 544 ")
    assert (field, other) == (543, 544)
    assert position == pytest.approx([187.7059, 12.3911], abs=1e-6)


def test_the_minus_of_a_paper_is_a_minus():
    assert read_targets("187.5 \N{MINUS SIGN}12.25") == [[187.5, -12.25]]


def test_nothing_is_no_range_and_no_field():
    assert read_right_ascension("") is None
    assert read_fields("") == []


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_fields, "543, five", "A field is a whole number, and not 'five'."),
        (read_fields, "5.5", "not '5.5'"),
        (read_fields, "-3", "not '-3'"),
        (read_fields, "9" * 200, f"not '{'9' * 40}…'"),
        (read_targets, "543\nM 87", "Line 2: Right ascension is from 0 to 360 degrees"),
        (read_targets, "543\n\n1 2 3", "Line 3: One field, or one right ascension"),
        (read_targets, "543, 544, 545", "Line 1: One field, or one right ascension"),
        (read_targets, "187.7 95", "Line 1: Declination is from -90 to 90 degrees"),
        (read_targets, "12:30:49 +12:61:28", "not '+12:61:28'"),
        (read_targets, "M87", "Line 1: A field is a whole number, and not 'M87'."),
        (read_right_ascension, "350", "From and to apart by a comma"),
        (read_right_ascension, "1, 2, 3", "From and to apart by a comma"),
        (read_right_ascension, "350, 400", "from 0 to 360 degrees"),
        (read_right_ascension, "350, nan", "not 'nan'"),
        (read_right_ascension, "23:70:00, 1:20:00", "not '23:70:00'"),
        (read_right_ascension, "25:00:00, 1:20:00", "not '25:00:00'"),
    ],
)
def test_what_is_wrong_is_said(read, text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read(text)

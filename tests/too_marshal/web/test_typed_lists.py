"""What people type where a list is asked for is read, or refused by the word that is wrong."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.web.typed_lists import LISTS, read_fields, read_right_ascension

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

"""Nights go from one local noon to the next."""

import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from counterparts.archive.storage.nights import (
    is_night,
    month_of,
    months_of,
    night_name,
    night_names,
    night_numbers,
    span_of,
)

PALOMAR = -116.86


@pytest.mark.parametrize(
    ("moment", "longitude", "night"),
    [
        ("2026-11-28T11:59", 0.0, "2026-11-27"),
        ("2026-11-28T12:01", 0.0, "2026-11-28"),
        ("2026-11-29T02:00", 0.0, "2026-11-28"),
        # In California the evening of the 28th and the morning after.
        ("2026-11-29T03:00", PALOMAR, "2026-11-28"),
        ("2026-11-29T13:30", PALOMAR, "2026-11-28"),
        ("2026-11-29T20:00", PALOMAR, "2026-11-29"),
    ],
)
def test_the_night_of_a_moment(moment, longitude, night):
    assert night_names([Time(moment, scale="utc").jd], longitude) == [night]


@given(st.integers(0, 40_000), st.floats(-180, 180), st.floats(0.001, 0.999))
def test_a_night_holds_what_lies_in_its_span(number, longitude, at):
    begin, end = span_of(night_name(number), longitude)
    assert night_numbers(begin + at * (end - begin), longitude) == number


def test_names():
    assert is_night("2026-11-28")
    assert not is_night("2026-13-01")
    assert not is_night("2026-11-28.1")
    assert month_of("2026-11-28") == "2026-11"
    assert months_of(["2026-12-01", "2026-11-28", "2026-11-29"]) == ["2026-11", "2026-12"]

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from too_marshal import formatting
from too_marshal.db.base import now


def test_a_time_is_written_in_utc_whatever_its_zone():
    when = datetime(2026, 11, 22, 1, 2, 3, tzinfo=timezone(timedelta(hours=-8)))
    assert formatting.utc(when) == "2026-11-22 09:02:03 UTC"
    assert formatting.utc("2026-11-22T09:02:03Z", seconds=False) == "2026-11-22 09:02 UTC"
    assert formatting.utc(None) == formatting.NOTHING


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (3600, "60 min"),
        (7200, "2.0 h"),
        (200_000, "2.3 d"),
    ],
)
def test_a_duration_has_two_or_three_digits(seconds: float, text: str):
    assert formatting.duration(seconds) == text


def test_an_age_looks_both_ways():
    assert formatting.age(now() - timedelta(hours=3)) == "3.0 h ago"
    assert formatting.age(now() + timedelta(hours=3, seconds=1)) == "in 3.0 h"


@pytest.mark.parametrize(
    ("hertz", "text"),
    [
        # Superevents of GraceDB: S190814bv, S190425z, S250206dm.
        (2.033e-33, "1 per 1.6 \N{MULTIPLICATION SIGN} 10²⁵ yr"),
        (4.538e-13, "1 per 7.0 \N{MULTIPLICATION SIGN} 10⁴ yr"),
        (1.26e-9, "1 per 25.1 yr"),
        (1e-7, "1 per 116 d"),
        (1e-4, "8.64 per d"),
        (0.0, "none"),
        (None, formatting.NOTHING),
    ],
)
def test_a_rate_is_one_per_so_many_years(hertz: float | None, text: str):
    assert formatting.rate(hertz) == text


@given(st.floats(min_value=0, exclude_min=True, max_value=1e3))
def test_no_rate_reads_as_nought(hertz: float):
    assert re.search(r"[1-9]", formatting.rate(hertz).replace("1 per", ""))


@given(st.floats(min_value=0, max_value=1))
def test_a_probability_never_reads_as_nought_or_certain_where_it_is_not(fraction: float):
    text = formatting.percent(fraction)
    assert (text == "0 %") == (fraction == 0)
    assert (text == "100 %") == (fraction == 1)


@given(st.floats(min_value=-360, max_value=720), st.floats(min_value=-90, max_value=90))
def test_a_sexagesimal_position_is_the_position(ra: float, dec: float):
    text = formatting.sexagesimal(ra, dec)
    assert re.fullmatch(r"[012]\d:[0-5]\d:[0-5]\d\.\d [+-]\d\d:[0-5]\d:[0-5]\d", text)
    read = SkyCoord(text, unit=(u.hourangle, u.deg))
    assert read.separation(SkyCoord(ra * u.deg, dec * u.deg)) < 1 * u.arcsec


@pytest.mark.parametrize(
    ("square_degrees", "text"),
    [
        (0.001, "3.6 arcmin²"),
        (22.84, "22.8 deg²"),
        (507.3, "507 deg²"),
        (10183.0, "10\u202f183 deg²"),
    ],
)
def test_an_area_has_its_unit(square_degrees: float, text: str):
    assert formatting.area(square_degrees) == text


def test_an_instant_carries_what_the_page_needs_to_keep_its_age():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    markup = formatting.instant(when)
    assert 'datetime="2026-01-02T00:00:00+00:00"' in markup
    assert 'data-since="2026-01-02T00:00:00+00:00"' in markup


def test_the_best_class_is_the_most_probable():
    assert formatting.best_class({"BNS": 0.2, "NSBH": 0.7, "BBH": 0.1}) == ("NSBH", 0.7)
    assert formatting.best_class({}) is None


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (11_100_000, "11.1 MB"),
        (None, formatting.NOTHING),
    ],
)
def test_a_size_has_its_unit(count: int | None, text: str):
    assert formatting.size(count) == text

"""Which night it is at a site."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.visibility.nights import night_at, noons
from telescopes import TELESCOPES


@pytest.mark.parametrize(
    ("name", "time", "night"),
    [
        # At Palomar the Sun is 7.8 h behind UTC: its morning begins at 15.8 h.
        ("ZTF", datetime(2026, 11, 28, 9, tzinfo=UTC), date(2026, 11, 27)),
        ("ZTF", datetime(2026, 11, 28, 15, 45, tzinfo=UTC), date(2026, 11, 27)),
        ("ZTF", datetime(2026, 11, 28, 15, 50, tzinfo=UTC), date(2026, 11, 28)),
        # At Siding Spring it is 9.9 h ahead: its morning begins at 22.1 h of the day before.
        ("LCO-1m-coj", datetime(2026, 11, 28, 13, tzinfo=UTC), date(2026, 11, 28)),
        ("LCO-1m-coj", datetime(2026, 11, 28, 22, tzinfo=UTC), date(2026, 11, 28)),
        ("LCO-1m-coj", datetime(2026, 11, 28, 22, 10, tzinfo=UTC), date(2026, 11, 29)),
    ],
)
def test_the_night_of_a_time(name, time, night):
    assert night_at(TELESCOPES[name].site, time) == night


@given(
    name=st.sampled_from(sorted(TELESCOPES)),
    time=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_night_is_between_its_noons_or_begins_after_the_first(name, time):
    site = TELESCOPES[name].site
    first, second = noons(site, night_at(site, time))
    assert second - first == timedelta(days=1)
    # From the morning on it is the next night that is meant.
    assert first - timedelta(hours=4) <= time < second - timedelta(hours=4)

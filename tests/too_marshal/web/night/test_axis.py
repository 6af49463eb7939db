"""The axis of time, and what is said of a night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.too_marshal.clocks import running_from
from too_marshal.web.night.axis import Axis
from too_marshal.web.night.text import night_name, sentence
from too_marshal.workflows.observability.stored_night import StoredNight

START = datetime(2026, 11, 22, 0, 10, tzinfo=UTC)


def night(telescope: str = "ZTF", samples: int = 85, **numbers: object) -> StoredNight:
    """Dark from 2 h to 12 h after the first sample; a region that is up in the middle of it."""
    hour = 3600
    known = {
        "step": 600.0,
        "sun_altitude": [0.0] * samples,
        "moon_altitude": [-10.0] * samples,
        "moon_separation": [61.2] * samples,
        "moon_illumination": 0.34,
        "zenith": [[0.0, 0.0]] * samples,
        "twilights": {
            "sunset": [hour / 2, 13.5 * hour],
            "civil": [hour, 13 * hour],
            "astronomical": [2 * hour, 12 * hour],
        },
        "moon": [],
        "within": {name: [0.4] * samples for name in ("1.5", "2", "limit")},
        "still_reachable": [0.4] * samples,
        "deciles": {name: [1.2] * samples for name in ("10", "50", "90")},
        "usable": [[3 * hour, 7 * hour]],
        "best": 0.4,
        "best_until": 7 * hour,
        "airmass_limit": 2.5,
    }
    return StoredNight(telescope, date(2026, 11, 21), START, {**known, **numbers})  # type: ignore[typeddict-item]


def test_hours_stand_where_they_are():
    axis = Axis(night())
    hours = {tick.text: tick.x for tick in axis.utc_ticks}
    # Ten minutes past midnight to 14:10: 6 h is at 350 of 840 minutes.
    assert hours["06"] == pytest.approx(100 * 350 / 840, abs=0.01)
    assert list(hours) == [f"{hour:02d}" for hour in range(2, 14)], "no label hides the zone's name"
    local = {tick.text: tick.x for tick in axis.local_ticks}
    assert local["22"] == hours["06"]
    assert axis.zone_name == "PST"


def test_a_zone_without_letters_is_named_by_its_offset_and_half_hours_are_heeded():
    assert Axis(night("DECam")).zone_name == "UTC\N{MINUS SIGN}03"
    axis = Axis(night("GROWTH-India"))
    utc = {tick.text: tick.x for tick in axis.utc_ticks}
    local = {tick.text: tick.x for tick in axis.local_ticks}
    assert local["11"] == pytest.approx((utc["05"] + utc["06"]) / 2, abs=0.02)


def test_in_a_long_night_every_second_hour_is_written():
    texts = [tick.text for tick in Axis(night(samples=145)).utc_ticks]
    assert all(int(text) % 2 == 0 for text in texts)


@given(first=st.floats(-30, 30), length=st.floats(0, 30))
def test_bars_lie_within_the_picture(first: float, length: float):
    start = START + timedelta(hours=first)
    end = start + timedelta(hours=length)
    bars = Axis(night()).bars([(start, end)], "planned")
    for bar in bars:
        assert 0 <= bar.x <= 100
        assert 0 < bar.width <= 100
        assert bar.x + bar.width <= 100.5
    assert bool(bars) == (start <= START + timedelta(hours=14) and end >= START)


@pytest.mark.parametrize(
    ("hour", "begins"),
    [
        (0, "Up 03:10–07:10 UTC (19:10–23:10 PST), at best 40 % of the region at airmass 2.5 or"),  # noqa: RUF001
        (5, "Up now, until 07:10 UTC (23:10 PST), at best"),
        (9, "Over for tonight: it was up 03:10–07:10 UTC"),  # noqa: RUF001
    ],
)
def test_the_sentence_knows_what_time_it_is(hour: int, begins: str):
    with running_from(START + timedelta(hours=hour)):
        assert sentence(night()).startswith(begins)
        assert sentence(night()).endswith("Moon 34 %, 61° away, below the horizon.")


def test_hours_in_two_parts_are_said_as_two():
    with running_from(START):
        usable = [[3 * 3600, 4 * 3600], [6 * 3600, 7 * 3600]]
        assert " and 06:10" in sentence(night(usable=usable))
    with running_from(START + timedelta(hours=3.5)):
        assert "Up now, until 04:10 UTC (20:10 PST), again 06:10" in sentence(night(usable=usable))


def test_what_the_night_reaches_in_all_is_said_where_it_is_more():
    with running_from(START):
        assert "in the course of the night" not in sentence(night())
        more = sentence(night(still_reachable=[0.7] * 85))
        assert "at best 40 % of the region at airmass 2.5 or better, 70 % in the course of" in more


@pytest.mark.parametrize(
    ("moon", "altitude", "words"),
    [
        ([[4 * 3600, True]], -10.0, "rises 04:10 UTC."),
        ([[1800, False]], -10.0, "below the horizon."),
        ([], 20.0, "up all night."),
        ([[3 * 3600, True], [8 * 3600, False]], 0.0, "rises 03:10 UTC, sets 08:10 UTC."),
    ],
)
def test_the_moon_is_told_of_as_far_as_it_is_dark(moon: list, altitude: float, words: str):
    with running_from(START):
        assert sentence(night(moon=moon, moon_altitude=[altitude] * 85)).endswith(words)
    if moon and moon[0][1]:
        with running_from(START + timedelta(hours=4, minutes=30)):
            assert "up since" in sentence(night(moon=moon))


def test_nights_without_darkness_or_region_are_said_so():
    twilights = {"sunset": [0, 1000]}
    assert sentence(night(twilights=twilights, usable=[])).startswith("It does not get dark")
    nothing = sentence(night(still_reachable=[0.0] * 85, usable=[], best=0.0, best_until=None))
    assert nothing.startswith("Not up: in the dark hours (02:10")
    assert "at most &lt; 1 %".replace("&lt;", "<") in nothing
    assert sentence(night(samples=0)) == "The Sun does not set."


def test_a_night_is_named_by_evening_and_morning():
    assert night_name(night()) == "21/22 November"
    other = StoredNight("ZTF", date(2026, 12, 31), START, night().numbers)
    assert night_name(other) == "31 December/1 January"

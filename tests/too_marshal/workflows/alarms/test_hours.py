"""Quiet hours hold by the clocks where a person is, also when those are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.workflows.alarms.hours import WakingHours

NIGHT = {"quiet_from": time(22), "quiet_until": time(7)}

# The nights on which clocks were changed in 2026 and 2027, as the zones' rules have them.
CHANGES = [
    ("Europe/Stockholm", "2026-03-28T23:30", "2026-03-29T05:00"),
    ("Europe/Stockholm", "2026-10-24T23:30", "2026-10-25T06:00"),
    ("America/Los_Angeles", "2026-03-08T08:00", "2026-03-08T14:00"),
    ("America/Los_Angeles", "2026-11-01T07:00", "2026-11-01T15:00"),
    ("America/Santiago", "2026-04-05T03:00", "2026-04-05T11:00"),
    ("America/Santiago", "2026-09-06T04:00", "2026-09-06T10:00"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "asked", "told"), CHANGES)
def test_the_night_ends_at_seven_by_the_clock_on_the_wall(zone: str, asked: str, told: str):
    hours = WakingHours(ZoneInfo(zone), **NIGHT)
    assert hours.is_quiet(utc(asked))
    assert hours.may_be_told(utc(asked)) == utc(told)
    assert hours.may_be_told(utc(told)) == utc(told)
    assert utc(told).astimezone(ZoneInfo(zone)).time() == time(7)


def test_without_quiet_hours_one_is_told_at_once():
    assert WakingHours().may_be_told(utc("2026-01-01T03:00")) == utc("2026-01-01T03:00")


def test_quiet_hours_of_a_day():
    hours = WakingHours(ZoneInfo("UTC"), time(12), time(14))
    assert not hours.is_quiet(utc("2026-01-01T11:59"))
    assert hours.may_be_told(utc("2026-01-01T13:00")) == utc("2026-01-01T14:00")


def test_a_holiday_is_quiet_until_its_last_day_is_over_there():
    holiday = [(date(2026, 12, 24), date(2026, 12, 26))]
    hours = WakingHours(ZoneInfo("Europe/Stockholm"), holidays=holiday)
    assert hours.may_be_told(utc("2026-12-23T22:59")) == utc("2026-12-23T22:59")
    assert hours.may_be_told(utc("2026-12-24T12:00")) == utc("2026-12-26T23:00")
    night_too = WakingHours(ZoneInfo("Europe/Stockholm"), time(22), time(7), holiday)
    assert night_too.may_be_told(utc("2026-12-24T12:00")) == utc("2026-12-27T06:00")


ZONES = st.sampled_from(
    ["UTC", "Europe/Stockholm", "America/Los_Angeles", "America/Santiago", "Australia/Lord_Howe",
     "Asia/Kolkata", "Pacific/Apia"]
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@given(ZONES, CLOCKS, CLOCKS, MOMENTS)
def test_one_is_told_as_soon_as_it_is_not_quiet_and_never_before(
    zone: str, start: time, end: time, at: datetime
):
    hours = WakingHours(ZoneInfo(zone), start, end)
    told = hours.may_be_told(at)
    assert told >= at
    assert not hours.is_quiet(told)
    assert told - at <= timedelta(hours=26)
    if told > at:
        # A moment before, it was still quiet.
        assert hours.is_quiet(told - timedelta(minutes=1))


def test_quiet_hours_that_end_in_a_time_no_clock_shows_end_with_the_change():
    hours = WakingHours(ZoneInfo("America/New_York"), time(22), time(2, 30))
    assert hours.may_be_told(utc("2027-03-14T05:00")) == utc("2027-03-14T07:00")

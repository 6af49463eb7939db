from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from too_marshal.notices.formats.times import (
    TimeUnreadable,
    epoch_milliseconds,
    from_epoch_milliseconds,
    from_truncated_julian_day,
    parse_day_beyond_month,
    parse_utc,
)

PAST = st.datetimes(datetime(1990, 1, 2), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-01-20T07:10:44.70", (2021, 1, 20, 7, 10, 44, 700_000)),
        ("2018-11-01T22:22:46.654437Z", (2018, 11, 1, 22, 22, 46, 654_437)),
        ("2026-02-18T05:24:17+00:00", (2026, 2, 18, 5, 24, 17)),
        ("2024-09-18 07:19:03.518831+00:00", (2024, 9, 18, 7, 19, 3, 518_831)),
        ("2024-09-18T09:19:03+02:00", (2024, 9, 18, 7, 19, 3)),
        ("2024-09-18T02:49:03-0430", (2024, 9, 18, 7, 19, 3)),
        ("2022-07-22 22:02:45 UTC", (2022, 7, 22, 22, 2, 45)),
        ("2018-05-28T21:24", (2018, 5, 28, 21, 24)),
        ("2018-05-28T21:24:05.1234567Z", (2018, 5, 28, 21, 24, 5, 123_456)),
    ],
)
def test_the_ways_in_which_missions_write_times(text, expected):
    moment = parse_utc(text)
    assert moment.time == datetime(*expected, tzinfo=UTC)
    assert not moment.repaired


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2022-01-00T23:16:14.46",
        "2016-01--12T13:36:22.84",
        "2026-01--9130T00:00:00.00",
        "2017-00-00T17:33:00.08",
        "2023-02-29T00:00:00",
        "2023-02-28T25:00:00",
        "2023-02-28T00:00:61",
        "1389-04-01T00:00:00",
        "9999-12-31T23:59:59",
        "2023-02-28T00:00:00+99:99",
        "٢٠٢٣-02-28T00:00:00",
        "2023-02-28T00:00:00Z; drop table",
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(TimeUnreadable):
        parse_utc(text)


def test_a_leap_second_becomes_the_end_of_its_minute_and_says_so():
    moment = parse_utc("2016-12-31T23:59:60.5")
    assert moment.repaired
    assert moment.time == datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


def test_a_day_ahead_is_the_limit():
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert parse_utc("2026-05-01T12:00:00", now).time > now
    with pytest.raises(TimeUnreadable, match="ahead"):
        parse_utc("2026-05-02T00:00:01", now)


@settings(deadline=None)
@given(PAST)
def test_what_python_writes_is_read_back(time):
    assert parse_utc(time.isoformat()).time == time


@settings(deadline=None)
@given(PAST)
def test_astropy_reads_the_same_instant(time):
    text = time.strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert abs(Time(text, scale="utc").to_datetime(UTC) - parse_utc(text).time) < timedelta(
        microseconds=2
    )


@settings(deadline=None)
@given(PAST)
def test_a_truncated_julian_day_is_mjd_less_forty_thousand(time):
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    day = round(Time(midnight).mjd) - 40_000
    moment = from_truncated_julian_day(day, (time - midnight).total_seconds())
    assert abs(moment - time) < timedelta(milliseconds=1)


@settings(deadline=None)
@given(PAST)
def test_milliseconds_since_1970_go_there_and_back(time):
    time = time.replace(microsecond=time.microsecond // 1000 * 1000)
    assert from_epoch_milliseconds(epoch_milliseconds(time)) == time


@pytest.mark.parametrize("value", [-1, 1e300, float("nan"), float("inf"), 4e12])
def test_milliseconds_out_of_range_are_refused(value):
    with pytest.raises(TimeUnreadable):
        from_epoch_milliseconds(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The truncated Julian days beside these times (17375, 19579) say the same.
        ("2016-01--12T13:36:22.84", datetime(2015, 12, 19, 13, 36, 22, 840_000, tzinfo=UTC)),
        ("2022-01-00T07:00:30.49", datetime(2021, 12, 31, 7, 0, 30, 490_000, tzinfo=UTC)),
    ],
)
def test_a_day_before_the_first_of_the_month(text, expected):
    assert parse_day_beyond_month(text) == expected


def test_malformed_times_of_real_packets_are_repaired_and_flagged(corpus, notice_of):
    """The time that the repair gives lies within the year before the packet was written."""
    paths = sorted((corpus / "notices/malformed_time").glob("*.xml"))
    assert len(paths) == 23
    for path in paths:
        notice = notice_of(path.relative_to(corpus))
        assert "time repaired" in notice.flags
        assert timedelta(0) <= notice.published - notice.event_time < timedelta(days=60), path


def test_the_trigger_time_that_gbm_itself_names_is_recovered(notice_of):
    """TrigID counts seconds since 2001; the repaired times agree with it."""
    name = "notices/malformed_time/GBM_Fin_Pos_Int_2016-01--9T081013.62_472464617_0-982.xml"
    notice = notice_of(name)
    # Four leap seconds lie between 2001 and 2016.
    met = (notice.event_time - datetime(2001, 1, 1, tzinfo=UTC)).total_seconds() + 4
    assert met == pytest.approx(472464617, abs=1)

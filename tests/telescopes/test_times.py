"""A time is written one way, whatever holds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from astropy.time import Time

from telescopes.times import iso


def test_records_and_rows_are_written_alike():
    moment = datetime(2026, 11, 22, 3, 7, 0, 250_000, tzinfo=UTC)
    assert iso(moment) == iso(Time(moment)) == "2026-11-22T03:07:00.250Z"
    assert iso(moment.astimezone(timezone(timedelta(hours=-8)))) == iso(moment)
    assert iso(Time("2026-11-22T03:07:37.434", scale="tai")) == "2026-11-22T03:07:00.434Z"

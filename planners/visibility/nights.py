"""Nights of a site, each named by the date of its evening there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

from astropy import units as u

from telescopes.telescope import Site

MORNING = timedelta(hours=8)
"""Local mean solar time that parts one night from the next: it is dark then at no site."""


@cache
def _ahead(site: Site) -> timedelta:
    """By how much the site's mean solar time is ahead of UTC."""
    return timedelta(hours=float(site.location.lon.wrap_at(180 * u.deg).hour))


def night_at(site: Site, time: datetime) -> date:
    """The night that is at a time, or the next one by day.

    Parameters
    ----------
    time
        With its zone.
    """
    return (time.astimezone(UTC) + _ahead(site) - MORNING).date()


def morning_before(site: Site, time: datetime) -> datetime:
    """When the night that is at a time, or the next one by day, parted from the one before (UTC).

    Parameters
    ----------
    time
        With its zone.
    """
    night = night_at(site, time)
    return datetime(night.year, night.month, night.day, tzinfo=UTC) + MORNING - _ahead(site)


def noons(site: Site, night: date) -> tuple[datetime, datetime]:
    """Mean noons (UTC) before and after a night."""
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=UTC) - _ahead(site)
    return noon, noon + timedelta(days=1)

"""A stored night with its times as times, and the one that is meant by "tonight"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from planners.visibility.nights import night_at
from telescopes import TELESCOPES
from too_marshal.db.base import now
from too_marshal.db.documents import NightNumbers
from too_marshal.db.observing.nights import RegionNightRow

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class StoredNight:
    """One night of one telescope."""

    telescope: str
    night: date
    """Of the evening, by the site's mean solar time."""

    starts_at: datetime
    """Of the first sample."""

    numbers: NightNumbers

    @classmethod
    def of(cls, row: RegionNightRow) -> StoredNight:
        """The night of a row."""
        return cls(row.telescope, row.night, row.starts_at, row.numbers)

    def time(self, seconds: float) -> datetime:
        """Instant of seconds since the first sample."""
        return self.starts_at + timedelta(seconds=seconds)

    def seconds(self, time: datetime) -> float:
        """The other way round."""
        return (time - self.starts_at).total_seconds()

    @property
    def length(self) -> float:
        """From the first sample to the last, s."""
        return max(len(self.numbers["sun_altitude"]) - 1, 0) * self.numbers["step"]

    @property
    def ends_at(self) -> datetime:
        """Of the last sample."""
        return self.time(self.length)

    def twilight(self, name: str) -> Span | None:
        """From when to when the Sun is below the altitude of that name; None: it never is."""
        found = self.numbers["twilights"].get(name)
        return None if found is None else (self.time(found[0]), self.time(found[1]))

    @property
    def dark(self) -> Span | None:
        """Between the astronomical twilights; None where it does not get dark."""
        return self.twilight("astronomical")

    @property
    def usable(self) -> list[Span]:
        """When it is dark and at least 5 % of what the night reaches is up."""
        return [(self.time(start), self.time(end)) for start, end in self.numbers["usable"]]

    @property
    def reachable(self) -> float:
        """Probability that is up at any time in the dark."""
        return self.numbers["still_reachable"][0] if self.numbers["still_reachable"] else 0.0

    def sampled(self, values: Sequence[float], time: datetime) -> float | None:
        """Value at a time, between samples on a line; None where there are no samples."""
        if not values:
            return None
        at = min(max(self.seconds(time) / self.numbers["step"], 0.0), len(values) - 1.0)
        below = min(int(at), max(len(values) - 2, 0))
        above = min(below + 1, len(values) - 1)
        return values[below] + (at - below) * (values[above] - values[below])

    @property
    def is_over(self) -> bool:
        """Whether the Sun has risen since."""
        night = self.twilight("sunset")
        return night is not None and night[1] <= now()


def to_come(session: Session, localization_id: int) -> dict[str, list[StoredNight]]:
    """Tonight and the nights after it that are worked out for a map, by telescope.

    Tonight is the night that is at the site now, or the next one once the Sun has risen there.
    """
    rows = session.scalars(
        select(RegionNightRow)
        .where(RegionNightRow.localization_id == localization_id)
        .order_by(RegionNightRow.night)
    )
    nights: dict[str, list[StoredNight]] = {}
    for night in _not_over(map(StoredNight.of, rows)):
        nights.setdefault(night.telescope, []).append(night)
    return nights


def _not_over(nights: Iterable[StoredNight]) -> Iterable[StoredNight]:
    present = {name: night_at(telescope.site, now()) for name, telescope in TELESCOPES.items()}
    for night in nights:
        # A telescope that is not ours any more has no site to tell the time of.
        tonight = present.get(night.telescope)
        if tonight is not None and night.night >= tonight and not night.is_over:
            yield night

"""When a person may be told, by the clocks where they are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WakingHours:
    """Quiet hours every night, and days off, in a person's time zone."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Where they are."""

    quiet_from: time | None = None
    """Local time at which it becomes quiet; None: it never does."""

    quiet_until: time | None = None
    """Local time at which it ends, the same day or the next."""

    holidays: Sequence[tuple[date, date]] = ()
    """First and last day of each, local."""

    def is_quiet(self, at: datetime) -> bool:
        """Whether they want to be left alone then, as their clocks and calendar show it."""
        local = at.astimezone(self.zone)
        if any(first <= local.date() <= last for first, last in self.holidays):
            return True
        if self.quiet_from is None or self.quiet_until is None:
            return False
        clock = local.time().replace(tzinfo=None, fold=0)
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until

    def may_be_told(self, at: datetime) -> datetime:
        """The first moment from then on at which it is not quiet (UTC).

        Where clocks are set back, quiet hours may end twice in a night: the first time counts.
        """
        moment = at.astimezone(UTC)
        while self.is_quiet(moment):
            moment = min(self._next_ends(moment))
        return moment

    def _next_ends(self, at: datetime) -> list[datetime]:
        """Moments after `at` at which quiet hours or a day end."""
        local = at.astimezone(self.zone).date()
        clocks = [time(), *([self.quiet_until] if self.quiet_until is not None else [])]
        walls = [datetime.combine(day, clock) for day in (local, local + _DAY) for clock in clocks]
        return [end for wall in walls for end in self._moments_of(wall) if end > at]

    def _moments_of(self, wall: datetime) -> list[datetime]:
        """Moments at which the clock shows a time, or jumps over it (UTC)."""
        first, second = sorted(
            wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        if first.astimezone(self.zone).replace(tzinfo=None, fold=0) == wall:
            return [first, second]
        # No clock shows it: the change lies between what it would be before and after.
        while second - first > timedelta(seconds=1):
            middle = first + (second - first) / 2
            before = first.astimezone(self.zone).utcoffset()
            if middle.astimezone(self.zone).utcoffset() == before:
                first = middle
            else:
                second = middle
        return [second.replace(microsecond=0)]

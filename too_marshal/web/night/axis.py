"""The axis of time of a night's picture, in the zones that are written along it.

A picture is as wide as its place: what is drawn lies from 0 to `WIDTH`, and is stretched, what is
written and what is a bar stands at per cent of the width and is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from telescopes import TELESCOPES
from too_marshal.formatting import zone_name
from too_marshal.workflows.observability.stored_night import Span, StoredNight

WIDTH = 1000.0
"""Of what is drawn, in its own units."""

_EVERY_HOUR = 15 * 3600.0
"""In a longer night every second hour is written, s: labels must not touch on a telephone."""

_LEFT, _RIGHT = 13.0, 98.0
"""Hours are written between, per cent: to the left of them stands the zone, also on a telephone,
and at the very edge they would be cut."""

TWILIGHTS = ("sunset", "civil", "nautical", "astronomical")
"""From the first to the darkest."""


@dataclass(frozen=True)
class Tick:
    """One hour along the axis."""

    x: float
    """Per cent."""

    text: str


@dataclass(frozen=True)
class Bar:
    """An interval along the axis."""

    x: float
    """Per cent, likewise the width."""

    width: float
    kind: str
    title: str = ""


class Axis:
    """Time from the first sample of a night to the last; it must have some."""

    def __init__(self, night: StoredNight) -> None:
        self.night = night
        self.zone: tzinfo = ZoneInfo(TELESCOPES[night.telescope].site.time_zone)

    def percent(self, time: datetime) -> float:
        """Place of a time; beyond the ends it is that of the end."""
        part = self.night.seconds(time) / self.night.length
        return round(100 * min(max(part, 0.0), 1.0), 2)

    def holds(self, time: datetime) -> bool:
        """Whether a time lies within."""
        return self.night.starts_at <= time <= self.night.ends_at

    @property
    def zone_name(self) -> str:
        """Of the site, as it is in the middle of the night."""
        return zone_name(self.night.time(self.night.length / 2).astimezone(self.zone))

    def ticks(self, zone: tzinfo) -> list[Tick]:
        """Whole hours of a zone."""
        step = 1 if self.night.length <= _EVERY_HOUR else 2
        first = self.night.starts_at.astimezone(zone)
        hour = first.replace(minute=0, second=0, microsecond=0)
        found = []
        # Hours are counted in UTC: a zone may leave one out, or have one twice.
        time = hour.astimezone(UTC)
        while time <= self.night.ends_at:
            local = time.astimezone(zone)
            x = self.percent(time)
            if local.hour % step == 0 and _LEFT <= x <= _RIGHT:
                found.append(Tick(x, f"{local.hour:02d}"))
            time += timedelta(hours=1)
        return found

    @property
    def utc_ticks(self) -> list[Tick]:
        """Whole hours of UTC."""
        return self.ticks(UTC)

    @property
    def local_ticks(self) -> list[Tick]:
        """Whole hours of the site."""
        return self.ticks(self.zone)

    def bars(self, spans: Iterable[Span], kind: str) -> list[Bar]:
        """Those of some intervals that lie within the night, each at least a line wide."""
        found = []
        for start, end in spans:
            if end < self.night.starts_at or start > self.night.ends_at:
                continue
            first, last = self.percent(start), self.percent(end)
            found.append(
                Bar(first, round(max(last - first, 0.5), 2), kind, self.hours((start, end)))
            )
        return found

    @property
    def shades(self) -> list[Bar]:
        """The parts of the night, each drawn over the one before it."""
        spans = [(name, self.night.twilight(name)) for name in TWILIGHTS]
        return [bar for name, span in spans if span for bar in self.bars([span], name)]

    def hours(self, span: Span, *, is_local: bool = False) -> str:
        """Write an interval as ``02:07`` to ``09:40``, with a dash between."""
        zone = self.zone if is_local else UTC
        return "\N{EN DASH}".join(time.astimezone(zone).strftime("%H:%M") for time in span)

    def points(
        self, values: Sequence[float | None], lowest: float, highest: float, height: float
    ) -> list[tuple[float, float]]:
        """Places of samples; what is None lies below everything.

        Parameters
        ----------
        lowest, highest
            Values at the bottom and at the top.
        height
            Of the picture.
        """
        count = max(len(values) - 1, 1)
        return [
            (
                round(WIDTH * k / count, 1),
                round(height * (highest - value) / (highest - lowest), 1)
                if value is not None
                else 2 * height,
            )
            for k, value in enumerate(values)
        ]


def written(points: Iterable[tuple[float, float]]) -> str:
    """Points as an attribute has them."""
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in points)

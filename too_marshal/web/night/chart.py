"""The airmass chart of one night: of the region's deciles, or of the fields of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from too_marshal.db.base import now
from too_marshal.web.night.axis import Axis, Bar, written
from too_marshal.web.night.strip import moon_line
from too_marshal.web.night.text import clock_row, night_name, sentence
from too_marshal.workflows.observability.exposure_times import ExposureTimes
from too_marshal.workflows.observability.stored_night import StoredNight

HEIGHT = 200.0
"""Of the curves of airmass, in pixels."""

MOON_HEIGHT = 60.0
"""Of those of the Moon."""

HIGHEST = 3.0
"""Airmass at the bottom."""

_LABELS = {"10": "best tenth", "50": "half", "90": "nine tenths"}
"""Parts of the region, in words."""


@dataclass(frozen=True)
class Curve:
    """A line in the chart."""

    kind: str
    points: str
    title: str


@dataclass(frozen=True)
class Level:
    """A line across, with its label."""

    y: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What the template draws."""

    night: StoredNight
    name: str
    sentence: str
    axis: Axis
    curves: list[Curve]
    spread: str
    """Outline of what lies between the first and the last decile; empty for a plan."""

    levels: list[Level]
    limit: float
    """Where the telescope's own limit lies."""

    moon: str
    separation: str
    """Points of the Moon's distance from the region's peak."""

    marks: list[Bar]
    now: float | None
    facts: list[tuple[str, str]]
    """Times of the night, in both zones."""


def region_chart(night: StoredNight, times: ExposureTimes) -> Chart | None:
    """The chart of the region's deciles; None where the Sun does not set."""
    if not night.length:
        return None
    axis = Axis(night)
    deciles = night.numbers["deciles"]
    lines = {name: _places(axis, values) for name, values in deciles.items()}
    curves = [
        Curve(f"part part-{name}", written(lines[name]), f"{label} of the region")
        for name, label in _LABELS.items()
    ]
    spread = written([*lines["10"], *reversed(lines["90"])])
    marks = [
        *axis.bars(times.planned, "planned"),
        *axis.bars(times.queued, "queued"),
        *axis.bars(times.executed, "executed"),
    ]
    return chart_of(axis, curves, spread, marks)


def _places(axis: Axis, values: Sequence[float | None]) -> list[tuple[float, float]]:
    # What is far below the chart need not be told apart, and takes fewer letters.
    kept = [None if value is None or value > 2 * HIGHEST else value for value in values]
    return axis.points(kept, HIGHEST, 1.0, HEIGHT)


def chart_of(axis: Axis, curves: list[Curve], spread: str, marks: list[Bar]) -> Chart:
    """The chart of some curves."""
    night = axis.night
    return Chart(
        night=night,
        name=night_name(night),
        sentence=sentence(night),
        axis=axis,
        curves=curves,
        spread=spread,
        levels=[Level(_height(airmass), f"{airmass:g}") for airmass in (1.0, 1.5, 2.0, 2.5, 3.0)],
        limit=_height(night.numbers["airmass_limit"]),
        moon=moon_line(axis, MOON_HEIGHT, highest=180.0),
        separation=written(axis.points(night.numbers["moon_separation"], 0.0, 180.0, MOON_HEIGHT)),
        marks=marks,
        now=axis.percent(now()) if axis.holds(now()) else None,
        facts=_facts(axis),
    )


def _height(airmass: float) -> float:
    return round(HEIGHT * (airmass - 1) / (HIGHEST - 1), 1)


def _facts(axis: Axis) -> list[tuple[str, str]]:
    """Beginnings and ends of the night, in the order of time."""
    found: list[tuple[datetime, str]] = []
    for name, down, up in (
        ("sunset", "Sunset", "Sunrise"),
        ("astronomical", "Dark from", "Dark until"),
    ):
        span = axis.night.twilight(name)
        if span is not None:
            found += [(span[0], down), (span[1], up)]
    for seconds, is_rise in axis.night.numbers["moon"]:
        found.append((axis.night.time(float(seconds)), "Moonrise" if is_rise else "Moonset"))
    return [(name, clock_row(axis, time)) for time, name in sorted(found)]

"""The picture of what telescope time buys, and what is said at each of its points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from too_marshal.db.documents import PlanCurve
from too_marshal.formatting import duration, percent

WIDTH, HEIGHT = 320.0, 130.0
"""Of the picture, in its own units."""

_LEFT, _TOP = 8.0, 8.0
"""Margins, so that what stands at an edge is seen."""

_TICKS = (60, 120, 300, 600, 1200, 3600, 7200, 18_000, 36_000, 86_400)
"""Telescope times that are written below it, s, as far as they lie within."""


@dataclass(frozen=True)
class CurvePoint:
    """One budget of telescope time."""

    x: float
    """Place in the picture."""

    y: float
    """Likewise."""

    sentence: str
    """What it buys."""


@dataclass(frozen=True)
class CurvePicture:
    """A curve as a template draws it; time is logarithmic, so that points are evenly apart."""

    points: tuple[CurvePoint, ...]
    """In the order of time."""

    bound: str
    """Points of the line that no plan is above."""

    ticks: tuple[tuple[float, str], ...]
    """Place and name of times."""

    highest: float
    """Probability at the top."""

    chosen: int
    """Index of the budget that is nearest to what the plan takes."""

    plan: tuple[float, float] | None
    """Place of the plan itself, if it has any exposures."""

    knee: int
    """Index of the point after which time buys least beside what it bought before."""

    @property
    def line(self) -> str:
        """Points of the line of what is covered."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def picture(curve: PlanCurve | None, statistics: Mapping[str, Any]) -> CurvePicture | None:
    """Draw a curve; None where there is none, or nothing to show.

    Parameters
    ----------
    curve
        As the database has it.
    statistics
        Of the plan that is marked in it; empty: there is none.
    """
    if curve is None or len(curve["telescope_time"]) < 2:
        return None
    times, covered, bound = (
        curve["telescope_time"], curve["probability_all_filters"], curve["upper_bound"],
    )  # fmt: skip
    highest = max(bound[-1], 1e-6)

    def x(time: float) -> float:
        whole = math.log(times[-1] / times[0])
        part = math.log(max(time, times[0]) / times[0]) / whole if whole > 0 else 1.0
        return _LEFT + min(part, 1.0) * (WIDTH - 2 * _LEFT)

    def y(probability: float) -> float:
        return _TOP + (1 - min(probability / highest, 1.0)) * (HEIGHT - 2 * _TOP)

    own = statistics.get("total_time") or 0.0
    nearest = min(range(len(times)), key=lambda k: abs(math.log(times[k] / max(own, 1.0))))
    return CurvePicture(
        points=tuple(
            CurvePoint(x(time), y(covered[k]), _sentence(curve, k)) for k, time in enumerate(times)
        ),
        bound=" ".join(f"{x(time):.1f},{y(bound[k]):.1f}" for k, time in enumerate(times)),
        ticks=tuple((x(time), duration(time)) for time in _ticks(times)),
        highest=highest,
        chosen=nearest if own else curve["knee"],
        plan=(x(own), y(statistics["probability_all_filters"])) if own else None,
        knee=curve["knee"],
    )


def _ticks(times: list[float]) -> list[int]:
    """Times to write, far enough apart to be read."""
    within = [time for time in _TICKS if times[0] <= time <= times[-1]]
    kept: list[int] = []
    for time in within:
        if not kept or math.log(time / kept[-1]) > 0.12 * math.log(times[-1] / times[0]):
            kept.append(time)
    return kept


def _sentence(curve: PlanCurve, point: int) -> str:
    """What a budget buys, and what a little more would add."""
    times, covered = curve["telescope_time"], curve["probability_all_filters"]
    text = (
        f"{duration(times[point])}: {percent(covered[point])} in all filters with "
        f"{curve['exposures'][point]} exposures; no plan of as much time covers more than "
        f"{percent(curve['upper_bound'][point])}"
    )
    if point + 1 < len(times):
        more = (covered[point + 1] - covered[point]) / (times[point + 1] - times[point])
        text += f". From there on 10 more minutes add about {percent(600 * more)}"
    return f"{text}."

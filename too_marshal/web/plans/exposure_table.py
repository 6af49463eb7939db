"""The exposures of a plan as its page lists them: in an order, and by night in that of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from planners.visibility.nights import night_at
from telescopes import TELESCOPES
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.formatting import night_dates

TIME = "time"

_KEYS: dict[str, tuple[Callable[[PlannedExposureRow], Any], bool]] = {
    TIME: (lambda row: row.number, False),
    "airmass": (lambda row: row.airmass, False),
    "probability": (lambda row: row.probability, True),
}
"""What rows are ordered by, and whether the greatest is what a person looks for first."""


@dataclass(frozen=True)
class Column:
    """What the heading of a column says and does."""

    order: str
    """Value of the query parameter that the heading's link carries."""

    aria_sort: str
    """The direction in which the table is ordered by it; empty: it is not."""


@dataclass(frozen=True)
class Night:
    """What the exposures of one night amount to."""

    name: str
    exposures: int
    exposure_time: float
    """Open shutter, s."""

    probability: float | None
    """Covered by no exposure before; None where that was not worked out."""


@dataclass(frozen=True)
class Part:
    """Rows that stand together."""

    rows: Sequence[PlannedExposureRow]
    night: Night | None
    """None unless they are those of a night."""


@dataclass(frozen=True)
class ExposureTable:
    """What the template lists."""

    columns: dict[str, Column]
    parts: list[Part]


def exposure_table(plan: Plan, wanted: str) -> ExposureTable:
    """List the exposures of a plan.

    Parameters
    ----------
    plan
        Any.
    wanted
        Name of an order, with a minus before it for the other way round; anything else is the
        order of time.
    """
    name, is_reversed = wanted.removeprefix("-"), wanted.startswith("-")
    if name not in _KEYS:
        name, is_reversed = TIME, False
    key, is_falling = _KEYS[name]
    is_falling ^= is_reversed
    # What is alike stays in the order of time.
    rows = sorted(plan.exposures, key=key, reverse=is_falling)
    columns = {
        each: Column(
            order=f"-{each}" if each == name and not is_reversed else each,
            aria_sort="" if each != name else "descending" if is_falling else "ascending",
        )
        for each in _KEYS
    }
    return ExposureTable(columns, _nights(plan, rows) if name == TIME else [Part(rows, None)])


def _nights(plan: Plan, rows: Sequence[PlannedExposureRow]) -> list[Part]:
    site = TELESCOPES[plan.telescope].site
    by_night = groupby(rows, lambda row: night_at(site, row.start))
    return [_part(plan, night, list(members)) for night, members in by_night]


def _part(plan: Plan, night: date, rows: list[PlannedExposureRow]) -> Part:
    newly = plan.statistics.get("probability_by_night", {}).get(night.isoformat())
    time = sum(row.exposure_time for row in rows)
    return Part(rows, Night(night_dates(night), len(rows), time, newly))

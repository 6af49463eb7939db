"""What is asked of the archive, as conditions that its files and DuckDB understand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from counterparts.archive.columns import INDEX
from counterparts.archive.errors import QueryRefused
from counterparts.archive.queries.cones import Cone
from counterparts.archive.queries.engine import quoted
from counterparts.archive.queries.statements import check_expression
from counterparts.archive.storage.parquet_files import Facts
from planners.geometry.ranges import Ranges, overlaps

_MOST_RANGES = 64
"""Ranges that DuckDB is asked for: of more, the nearest are joined, and what lies between is left
out afterwards."""


@dataclass(frozen=True, eq=False)
class Where:
    """Which alerts are wanted: those for which all holds that is given."""

    cone: Cone | None = None
    region: Ranges | None = None
    """Such as `SkyMap.region(0.9)`; its holes are not in it."""

    since: float | None = None
    until: float | None = None
    """First Julian date (UTC), and that before which."""

    survey: str | None = None
    object_id: str | None = None
    expression: str | None = None
    """A condition in SQL on the archive's columns, such as ``real_bogus > 0.5``."""

    def __post_init__(self) -> None:
        for value in (self.since, self.until):
            if value is not None and not np.isfinite(value):
                raise QueryRefused(f"{value} is no time.")
        if self.expression is not None:
            check_expression(self.expression)

    @property
    def is_more_than_time(self) -> bool:
        """Whether something besides a time is given."""
        others = (self.cone, self.region, self.survey, self.object_id, self.expression)
        return any(value is not None for value in others)

    @cached_property
    def ranges(self) -> Ranges | None:
        """Indices outside of which nothing is wanted; None if all of the sky is."""
        parts = [self.cone.cover] if self.cone is not None else []
        if self.region is not None:
            parts.append(self.region)
        return parts[0].intersection(parts[-1]) if parts else None

    def touches(self, facts: Facts) -> bool:
        """Whether something in a file can be wanted."""
        if self.since is not None and facts.last_jd < self.since:
            return False
        if self.until is not None and facts.first_jd >= self.until:
            return False
        if self.ranges is None:
            return True
        lo, hi = np.array([facts.first_index]), np.array([facts.last_index + 1])
        return len(overlaps(lo, hi, self.ranges.lo, self.ranges.hi)[0]) > 0

    @cached_property
    def place_and_time(self) -> str:
        """Condition in SQL on what is the same in every copy of an alert."""
        terms = []
        if self.ranges is not None:
            terms.append(_in_ranges(_bounded(self.ranges)))
        if self.since is not None:
            terms.append(f"jd >= {self.since!r}")
        if self.until is not None:
            terms.append(f"jd < {self.until!r}")
        for name, value in (("survey", self.survey), ("object_id", self.object_id)):
            if value is not None:
                terms.append(f"{name} = {quoted(value)}")
        return " AND ".join(terms) or "true"

    @property
    def rest(self) -> str:
        """Condition in SQL on anything else."""
        return "true" if self.expression is None else f"(\n{self.expression}\n)"

    def exactly(self, batch: pa.RecordBatch) -> NDArray[np.bool_] | None:
        """Which rows are wanted of those that DuckDB found; None if all are."""
        if self.ranges is None:
            return None
        is_wanted = np.ones(len(batch), dtype=bool)
        if self.region is not None:
            is_wanted &= self.region.contains(batch.column(INDEX).to_numpy())
        if self.cone is not None:
            ra, dec = (batch.column(name).to_numpy() for name in ("ra", "dec"))
            is_wanted &= self.cone.contains(ra, dec)
        return is_wanted


def _in_ranges(ranges: Ranges) -> str:
    if not len(ranges):
        return "false"
    pieces = zip(ranges.lo.tolist(), ranges.hi.tolist(), strict=True)
    either = " OR ".join(f"{INDEX} BETWEEN {lo} AND {hi - 1}" for lo, hi in pieces)
    # The whole span by itself: by it files are skipped before the pieces are looked at.
    return f"{INDEX} BETWEEN {ranges.lo[0]} AND {ranges.hi[-1] - 1} AND ({either})"


def _bounded(ranges: Ranges) -> Ranges:
    if len(ranges) <= _MOST_RANGES:
        return ranges
    gaps = ranges.lo[1:] - ranges.hi[:-1]
    kept = np.sort(np.argpartition(gaps, -(_MOST_RANGES - 1))[-(_MOST_RANGES - 1) :])
    return Ranges(
        np.concatenate([ranges.lo[:1], ranges.lo[kept + 1]]),
        np.concatenate([ranges.hi[kept], ranges.hi[-1:]]),
    )

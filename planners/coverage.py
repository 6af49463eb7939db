"""What executed exposures have covered of a sky map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.time import Time
from numpy.typing import NDArray

from planners.exposed_sky import distinct_views
from planners.ranges import Ranges, expand, sorted_unique
from planners.skymaps import SkyMap
from telescopes.observing import ExecutedExposure, Telescope


@dataclass(frozen=True, eq=False)
class FilterCoverage:
    """What exposures in one filter have covered."""

    exposures: int
    """Number of them."""

    probability: float
    """Observed at least once in this filter."""

    probability_twice: float
    """Observed at least twice in this filter."""

    area: u.Quantity[u.deg**2]
    """Observed at least once in this filter."""

    limiting_magnitude: float | None
    """Median 5-sigma AB limit of the exposures that state one."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """What a set of exposures has covered, counting only detectors whose images are good."""

    exposures: int
    """Number of exposures with at least one good detector."""

    exposure_time: u.Quantity[u.physical.time]
    """Open shutter, summed."""

    once: Ranges
    """Observed at least once."""

    twice: Ranges
    """Observed at least twice, in whatever filters."""

    probability: float
    """Of the map, within `once`."""

    probability_twice: float
    """Of the map, within `twice`."""

    filters: Mapping[str, FilterCoverage]
    """By filter, in the order of first use."""

    starts: Time | None
    """Start of each exposure (UTC), in the order of time, shape (exposures,); None without any."""

    series: NDArray[np.float64]
    """Probability observed at least once, and at least twice, after each exposure; shape
    (exposures, 2)."""

    @property
    def area(self) -> u.Quantity[u.deg**2]:
        """Solid angle observed at least once."""
        return self.once.area

    @property
    def area_twice(self) -> u.Quantity[u.deg**2]:
        """Solid angle observed at least twice."""
        return self.twice.area

    @property
    def first(self) -> Time | None:
        """Start of the first exposure."""
        return None if self.starts is None else self.starts[0]

    @property
    def last(self) -> Time | None:
        """Start of the last exposure."""
        return None if self.starts is None else self.starts[-1]

    def by_filter_json(self) -> dict[str, dict[str, Any]]:
        """Each filter's part, plain JSON: areas in deg2."""
        return {
            name: {
                "exposures": part.exposures,
                "probability": part.probability,
                "probability_twice": part.probability_twice,
                "area": part.area.to_value(u.deg**2),
                "limiting_magnitude": part.limiting_magnitude,
            }
            for name, part in self.filters.items()
        }

    def series_json(self) -> list[dict[str, Any]]:
        """The series, plain JSON: start of each exposure (ISO, UTC) and what is covered then."""
        if self.starts is None:
            return []
        return [
            {"start": f"{start}Z", "probability": once, "probability_twice": twice}
            for start, (once, twice) in zip(self.starts.isot, self.series.tolist(), strict=True)
        ]


def coverage(
    skymap: SkyMap, telescope: Telescope, exposures: Sequence[ExecutedExposure]
) -> Coverage:
    """What one telescope's exposures have covered of a sky map.

    Parameters
    ----------
    skymap : SkyMap
        Any version of the event's map.
    telescope : Telescope
        Whose footprint it was.
    exposures : sequence of ExecutedExposure
        In any order; detectors that the footprint does not know are ignored.
    """
    return combined_coverage(skymap, [(telescope, exposures)])


def combined_coverage(
    skymap: SkyMap, parts: Sequence[tuple[Telescope, Sequence[ExecutedExposure]]]
) -> Coverage:
    """What the exposures of several telescopes have covered together."""
    views: list[Ranges] = []
    taken: list[tuple[ExecutedExposure, int]] = []
    for telescope, exposures in parts:
        seen, which = distinct_views(skymap, telescope, exposures)
        taken += [(exposures[i], len(views) + view) for i, view in which]
        views += seen
    days = [_days(exposure.start) for exposure, _ in taken]
    order = sorted(range(len(taken)), key=days.__getitem__)
    ledger = _Ledger.of(skymap, views)
    return _summary(ledger, [taken[i] for i in order], [days[i] for i in order])


def _days(start: Time) -> tuple[float, float]:
    utc = start if start.scale == "utc" else start.utc
    return float(utc.jd1), float(utc.jd2)


@dataclass(frozen=True, eq=False)
class _Ledger:
    """The sky cut at the edges of every view, so that counting is by whole pieces."""

    edge: NDArray[np.int64]
    """Sorted order-29 indices, shape (n_pieces + 1,)."""

    probability: NDArray[np.float64]
    """Of each piece, shape (n_pieces,)."""

    pieces: tuple[NDArray[np.int64], ...]
    """Indices of the pieces in each view."""

    @classmethod
    def of(cls, skymap: SkyMap, views: Sequence[Ranges]) -> _Ledger:
        lo = np.concatenate([np.empty(0, dtype=np.int64), *(view.lo for view in views)])
        hi = np.concatenate([np.empty(0, dtype=np.int64), *(view.hi for view in views)])
        edge = sorted_unique(np.concatenate([lo, hi]))
        first = np.searchsorted(edge, lo)
        owner, rank = expand(np.searchsorted(edge, hi) - first)
        bounds = np.searchsorted(owner, np.cumsum([len(view) for view in views])[:-1])
        pieces = np.split(first[owner] + rank, bounds) if views else []
        return cls(edge, np.diff(skymap.cumulative(edge)), tuple(pieces))

    def where(self, wanted: NDArray[np.bool_]) -> Ranges:
        """Region of the chosen pieces."""
        return Ranges.of(self.edge[:-1][wanted], self.edge[1:][wanted])


class _Tally:
    """How often each piece has been observed, and the probability so far."""

    def __init__(self, ledger: _Ledger) -> None:
        self._ledger = ledger
        self.count = np.zeros(len(ledger.probability), dtype=np.int32)
        self.once = 0.0
        self.twice = 0.0

    def add(self, pieces: NDArray[np.int64]) -> None:
        before = self.count[pieces]
        gain = self._ledger.probability[pieces]
        self.once += float(gain[before == 0].sum())
        self.twice += float(gain[before == 1].sum())
        self.count[pieces] = before + 1


def _summary(
    ledger: _Ledger,
    taken: Sequence[tuple[ExecutedExposure, int]],
    days: Sequence[tuple[float, float]],
) -> Coverage:
    total = _Tally(ledger)
    by_filter: dict[str, _Tally] = {}
    series = np.empty((len(taken), 2))
    for i, (exposure, view) in enumerate(taken):
        pieces = ledger.pieces[view]
        total.add(pieces)
        by_filter.setdefault(exposure.filter, _Tally(ledger)).add(pieces)
        series[i] = total.once, total.twice
    exposures = [exposure for exposure, _ in taken]
    return Coverage(
        exposures=len(taken),
        exposure_time=sum((e.exposure_time for e in exposures), 0 * u.s).to(u.s),
        once=ledger.where(total.count >= 1),
        twice=ledger.where(total.count >= 2),
        probability=total.once,
        probability_twice=total.twice,
        filters={
            name: _of_filter(ledger, tally, [e for e in exposures if e.filter == name])
            for name, tally in by_filter.items()
        },
        starts=Time(*np.array(days).T, format="jd", scale="utc") if taken else None,
        series=series,
    )


def _of_filter(
    ledger: _Ledger, tally: _Tally, exposures: Sequence[ExecutedExposure]
) -> FilterCoverage:
    limits = [e.limiting_magnitude for e in exposures if e.limiting_magnitude is not None]
    return FilterCoverage(
        exposures=len(exposures),
        probability=tally.once,
        probability_twice=tally.twice,
        area=ledger.where(tally.count >= 1).area,
        limiting_magnitude=float(np.median(limits)) if limits else None,
    )

"""What executed exposures have covered of a sky map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.time import Time
from numpy.typing import NDArray

from planners.coverage.sky_partition import Ledger, Tally
from planners.footprints.exposed_sky import distinct_views
from planners.geometry.ranges import Ranges
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ExecutedExposure
from telescopes.telescope import Telescope


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


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        filters = ", ".join(self.filters) or "no filter"
        return (
            f"Coverage({self.exposures} exposures in {filters}, {self.probability:.1%} of the "
            f"probability once and {self.probability_twice:.1%} twice, "
            f"{self.area.to_value(u.deg**2):.4g} deg2)"
        )

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

    def series_json(self) -> list[list[Any]]:
        """The series, plain JSON: start of each exposure (ISO, UTC), covered once, and twice."""
        if self.starts is None:
            return []
        covered = zip(self.starts.utc.isot, self.series.tolist(), strict=True)
        return [[f"{start}Z", once, twice] for start, (once, twice) in covered]


def coverage(
    skymap: SkyMap, telescope: Telescope, exposures: Sequence[ExecutedExposure]
) -> Coverage:
    """What one telescope's exposures have covered of a sky map.

    Parameters
    ----------
    skymap
        Any version of the event's map.
    telescope
        Whose footprint it was.
    exposures
        In any order; detectors that the footprint does not know are ignored.

    Examples
    --------
    One exposure of ZTF at the middle of a circle.

    >>> from astropy import units as u
    >>> from astropy.time import Time
    >>> from planners import ExecutedExposure, circle_skymap
    >>> from planners.coverage import coverage
    >>> from telescopes import ZTF
    >>> skymap = circle_skymap(150 * u.deg, 20 * u.deg, 2 * u.deg, containment=0.9)
    >>> exposure = ExecutedExposure(
    ...     exposure_id="1",
    ...     field_id=-1,
    ...     ra=150 * u.deg,
    ...     dec=20 * u.deg,
    ...     filter="r",
    ...     start=Time("2026-02-15T06:00:00"),
    ...     exposure_time=30 * u.s,
    ...     detectors=ZTF.footprint.detector_id,
    ... )
    >>> coverage(skymap, ZTF, [exposure])
    Coverage(1 exposures in r, 82.3% of the probability once and 0.0% twice, 47.46 deg2)
    """
    return combined_coverage(skymap, [(telescope, exposures)])


def combined_coverage(
    skymap: SkyMap, parts: Sequence[tuple[Telescope, Sequence[ExecutedExposure]]]
) -> Coverage:
    """What the exposures of several telescopes have covered together."""
    return ObservedSky.of(skymap, parts).coverage()


@dataclass(frozen=True, eq=False)
class ObservedSky:
    """Exposures laid on a sky map once: any part of them is then summed up in milliseconds."""

    ledger: Ledger
    """The sky cut into pieces."""

    taken: tuple[tuple[ExecutedExposure, int], ...]
    """Exposures with a good detector, in the order of time, and the view of each."""

    days: tuple[tuple[float, float], ...]
    """Start of each, as two parts of a Julian date (UTC)."""

    @classmethod
    def of(
        cls, skymap: SkyMap, parts: Sequence[tuple[Telescope, Sequence[ExecutedExposure]]]
    ) -> ObservedSky:
        """Lay exposures of several telescopes on a sky map."""
        views: list[Ranges] = []
        taken: list[tuple[ExecutedExposure, int]] = []
        for telescope, exposures in parts:
            seen, which = distinct_views(skymap, telescope, exposures)
            taken += [(exposures[i], len(views) + view) for i, view in which]
            views += seen
        days = [_days(exposure.start) for exposure, _ in taken]
        order = sorted(range(len(taken)), key=days.__getitem__)
        return cls(
            Ledger.of(skymap, views),
            tuple(taken[i] for i in order),
            tuple(days[i] for i in order),
        )

    def coverage(self, wanted: Callable[[ExecutedExposure], bool] | None = None) -> Coverage:
        """What the exposures have covered together, or those of them that are wanted."""
        chosen = [
            i for i, (exposure, _) in enumerate(self.taken) if wanted is None or wanted(exposure)
        ]
        return _summary(
            self.ledger, [self.taken[i] for i in chosen], [self.days[i] for i in chosen]
        )

    def depths(self, name: str, step: float = 0.25) -> list[tuple[float, float]]:
        """Probability within what was observed at least so deep in one filter.

        Parameters
        ----------
        name
            Filter.
        step
            Between two limits, mag.

        Returns
        -------
        list of (float, float)
            5-sigma AB limits, multiples of `step`, and the probability; brightest limit first.
            Exposures that state no limit do not count.
        """
        deepest = np.full(len(self.ledger.probability), -np.inf)
        for exposure, view in self.taken:
            if exposure.filter == name and exposure.limiting_magnitude is not None:
                pieces = self.ledger.pieces[view]
                deepest[pieces] = np.maximum(deepest[pieces], exposure.limiting_magnitude)
        seen = np.isfinite(deepest)
        if not seen.any():
            return []
        first, last = (np.floor(f(deepest[seen]) / step) for f in (np.min, np.max))
        limits = np.arange(first, last + 1) * step
        return [
            (float(limit), float(self.ledger.probability[deepest >= limit].sum()))
            for limit in limits
        ]


def _days(start: Time) -> tuple[float, float]:
    utc = start if start.scale == "utc" else start.utc
    return float(utc.jd1), float(utc.jd2)


def _summary(
    ledger: Ledger,
    taken: Sequence[tuple[ExecutedExposure, int]],
    days: Sequence[tuple[float, float]],
) -> Coverage:
    total = Tally(ledger)
    by_filter: dict[str, Tally] = {}
    series = np.empty((len(taken), 2))
    for i, (exposure, view) in enumerate(taken):
        pieces = ledger.pieces[view]
        total.add(pieces)
        by_filter.setdefault(exposure.filter, Tally(ledger)).add(pieces)
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
    ledger: Ledger, tally: Tally, exposures: Sequence[ExecutedExposure]
) -> FilterCoverage:
    limits = [e.limiting_magnitude for e in exposures if e.limiting_magnitude is not None]
    return FilterCoverage(
        exposures=len(exposures),
        probability=tally.once,
        probability_twice=tally.twice,
        area=ledger.where(tally.count >= 1).area,
        limiting_magnitude=float(np.median(limits)) if limits else None,
    )

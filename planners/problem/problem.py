"""A request made concrete: what a planner works on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.atoms import Atoms
from planners.problem.detectability import Detectability
from planners.visibility.intervals import Intervals
from planners.visibility.local_sky import LocalSky, Positions
from planners.visibility.slew import SlewTimes
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import Telescope

_NOTHING = 1e-9
"""Of a probability, as good as zero."""

_WORTH, _WORTH_SHARE = 2e-5, 2e-4
"""A field that adds less probability is not worth the telescope's time; or less than this part
of all that could be covered, if that is little."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Several ways of observing a field, each of which stands as a field of its own."""

    pointing: NDArray[np.int64]
    """Index of each one's field among the fields as they are, shape (n,)."""

    exposure_scale: NDArray[np.float64]
    """Exposure time of each, over that of the request, shape (n,)."""

    plain: Problem
    """The fields as they are."""

    detectability: Detectability
    """What is to be detected."""

    done: NDArray[np.float64]
    """Limit that executed exposures set for each of `Problem.needs`, mag; inf where none does.
    Shape (n_needs,)."""

    price: float
    """Probability that a second of telescope time brings where the best ways fill it, 1/s."""

    bounding: Callable[[], Problem]
    """Makes the same problem, of which no plan is worth less than it is in truth."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What a planner works on. Times are seconds from the start of the request."""

    telescope: Telescope
    """The telescope."""

    request: ObservingRequest
    """What is asked."""

    sky: LocalSky
    """The sky over the telescope in the window."""

    field_id: NDArray[np.int64]
    """Identifiers of the fields near the map, shape (n,)."""

    coord: SkyCoord
    """Their centers, shape (n,)."""

    positions: Positions
    """Their apparent places, shape (n,)."""

    dark: Intervals
    """When the Sun is low enough and no other queue has the telescope (one owner)."""

    visible: Intervals
    """When each field keeps every rule and the telescope is free."""

    atoms: Atoms
    """What the fields cover."""

    needs: tuple[tuple[str, ...], ...]
    """Visits, by filter, that atoms still want: one whose `Atoms.need` is k wants ``needs[k]``.
    The first is all that was requested."""

    seen_before: NDArray[np.bool_]
    """Atoms that executed exposures cover in some requested filter, shape (n_atoms,)."""

    earliest_revisit: NDArray[np.float64]
    """Start of the next visit to each field at the earliest, s; shape (n,)."""

    neglected: NDArray[np.float64]
    """What each field that was left out could cover at the most, the largest first; as many as
    a plan could have. Shape (n_neglected,)."""

    coverage_only: str = ""
    """Why a plan that was to detect a source can only cover the map; empty otherwise."""

    ways: Ways | None = None
    """Where fields stand here in several ways of observing them, for a source to be detected; of
    each field only one is taken."""

    @cached_property
    def slews(self) -> SlewTimes:
        """Overheads between fields."""
        return SlewTimes(self.telescope.overheads, self.sky, self.positions)

    @cached_property
    def exposure(self) -> dict[str, float]:
        """Exposure time by filter, s."""
        return {
            name: float(self.request.exposure_time[name].to_value(u.s))
            for name in self.request.filters
        }

    @cached_property
    def pointing(self) -> NDArray[np.int64]:
        """What is the same for all ways of observing one field, shape (n,)."""
        return np.arange(len(self.field_id)) if self.ways is None else self.ways.pointing

    @cached_property
    def exposure_scale(self) -> NDArray[np.float64]:
        """Times `exposure`, what a visit to each field takes, shape (n,)."""
        return np.ones(len(self.field_id)) if self.ways is None else self.ways.exposure_scale

    def bounding(self) -> Problem:
        """The problem that a bound is worked out for: no plan is worth less in it than in truth."""
        if self.ways is None:
            return self
        return replace(self.ways.bounding(), request=self.request)

    @cached_property
    def _scales(self) -> list[float]:
        return self.exposure_scale.tolist()

    def exposure_time(self, field: int, name: str) -> float:
        """Of a visit to a field in a filter, s."""
        return self.exposure[name] * self._scales[field]

    @property
    def longest_exposure(self) -> float:
        """Of any field, s."""
        longest = max(self.exposure.values(), default=0.0)
        return longest * float(self.exposure_scale.max(initial=1.0))

    @cached_property
    def gap(self) -> float:
        """Between the starts of two visits to a field, s."""
        return float(self.request.minimum_gap.to_value(u.s))

    @cached_property
    def interruption_rate(self) -> float:
        """Chance in a short time that the night ends, 1/s."""
        return float(self.request.interruption_rate.to_value(1 / u.s))

    @cached_property
    def minimum_gain(self) -> float:
        """Probability that a second more of telescope time must add, 1/s; 0 for anything."""
        gain = self.request.minimum_gain
        return 0.0 if gain is None else float(gain.to_value(1 / u.s))

    @cached_property
    def budget(self) -> float:
        """Telescope time that may be used, s; inf where all may."""
        time = self.request.maximum_time
        return math.inf if time is None else float(time.to_value(u.s))

    @property
    def stops_early(self) -> bool:
        """Whether a plan ends before it has used all the time that it may."""
        return self.minimum_gain > 0 or self.request.target_probability is not None

    def chance_of_reaching(
        self, seconds: NDArray[np.float64], interruption_rate: float | None = None
    ) -> NDArray[np.float64]:
        """That nothing has ended the night by some times (s), from its first dark moment on.

        Parameters
        ----------
        seconds
            From the start of the request. Any shape.
        interruption_rate
            1/s; that of the request unless given.
        """
        rate = self.interruption_rate if interruption_rate is None else interruption_rate
        begin = float(self.dark.start.min(initial=self.sky.length))
        waited = np.maximum(seconds - begin, 0.0)
        return np.asarray(np.exp(-rate * waited))

    def visible_lists(self, field: int) -> tuple[list[float], list[float]]:
        """Starts and ends of a field's intervals of `visible`, as plain lists."""
        if field not in self._listed:
            begin, end = np.searchsorted(self.visible.owner, (field, field + 1))
            self._listed[field] = (
                self.visible.start[begin:end].tolist(),
                self.visible.end[begin:end].tolist(),
            )
        return self._listed[field]

    @cached_property
    def _listed(self) -> dict[int, tuple[list[float], list[float]]]:
        """Of the fields that were asked for: of a narrow camera there are a hundred thousand."""
        return {}

    @cached_property
    def dark_lists(self) -> tuple[list[float], list[float]]:
        """Starts and ends of `dark`, as plain lists."""
        return self.dark.start.tolist(), self.dark.end.tolist()

    @cached_property
    def worth(self) -> float:
        """Probability that a visit must add."""
        up = np.unique(self.visible.owner)
        attainable = float(self.atoms.probability[self.atoms.covered(up)].sum())
        return least_worth(attainable)

    def allowed(self, name: str) -> NDArray[np.bool_]:
        """Whether each field may be observed in a filter at all; shape (n,)."""
        wanted = ~np.isin(self.field_id, list(self.request.excluded_fields))
        if self.request.references is not None:
            wanted &= np.isin(self.field_id, list(self.request.references.get(name, ())))
        return np.asarray(wanted)


def least_worth(attainable: float) -> float:
    """Probability that a visit must add, where so much could be covered in all."""
    return max(min(_WORTH, _WORTH_SHARE * attainable), _NOTHING)

"""A request made concrete: the fields that matter, when each is up, what each covers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.atoms import Atoms, atoms_of
from planners.cameras import focal_plane
from planners.candidates import probability_nearby
from planners.intervals import Intervals, visible_intervals
from planners.layers import layers_near
from planners.local_sky import LocalSky, Positions
from planners.requests import check_request
from planners.skymaps import SkyMap
from planners.slew import SlewTimes
from planners.visibility import every, rules_for, sun_below
from telescopes.observing import FieldGrid, ObservingRequest, Telescope

_WORTH, _WORTH_SHARE = 2e-5, 2e-4
"""A field that adds less probability is not worth the telescope's time; or less than this part
of all that could be covered, if that is little."""

NEGLIGIBLE = 1e-6
"""A field of less probability is left out of everything but the bound."""

_SPARE, _ALWAYS = 4, 2000
"""Fields kept for each that could be observed in the whole window, and in any case."""


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
    """Their centres, shape (n,)."""

    positions: Positions
    """Their apparent places, shape (n,)."""

    dark: Intervals
    """When the Sun is low enough and no other queue has the telescope (one owner)."""

    visible: Intervals
    """When each field keeps every rule and the telescope is free."""

    atoms: Atoms
    """What the fields cover."""

    needs: tuple[tuple[str, ...], ...]
    """Visits, by filter, that atoms still want: those of class k want ``needs[k]``."""

    released: NDArray[np.float64]
    """Start of the next visit to each field at the earliest, s; shape (n,)."""

    forsaken: float
    """What the fields that were left out could cover at the most, all together."""

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
    def gap(self) -> float:
        """Between the starts of two visits to a field, s."""
        return float(self.request.minimum_gap.to_value(u.s))

    @cached_property
    def visible_lists(self) -> list[tuple[list[float], list[float]]]:
        """Starts and ends of each field's intervals of `visible`, as plain lists."""
        return _listed(self.visible)

    @cached_property
    def dark_lists(self) -> tuple[list[float], list[float]]:
        """Starts and ends of `dark`, as plain lists."""
        return _listed(self.dark)[0]

    @cached_property
    def worth(self) -> float:
        """Probability that a visit must add."""
        up = np.unique(self.visible.owner)
        attainable = float(self.atoms.probability[self.atoms.covered(up)].sum())
        return min(_WORTH, _WORTH_SHARE * attainable)

    def allowed(self, name: str) -> NDArray[np.bool_]:
        """Whether each field may be observed in a filter at all; shape (n,)."""
        wanted = ~np.isin(self.field_id, list(self.request.excluded_fields))
        if self.request.references is not None:
            wanted &= np.isin(self.field_id, list(self.request.references.get(name, ())))
        return np.asarray(wanted)


def _listed(intervals: Intervals) -> list[tuple[list[float], list[float]]]:
    first = np.searchsorted(intervals.owner, np.arange(intervals.n + 1)).tolist()
    start, end = intervals.start.tolist(), intervals.end.tolist()
    return [(start[i:j], end[i:j]) for i, j in pairwise(first)]


def dark_time(sky: LocalSky, request: ObservingRequest) -> Intervals:
    """When the Sun is low enough and no other queue has the telescope."""
    anywhere = sky.positions(SkyCoord([0] * u.deg, [0] * u.deg))
    night = visible_intervals(sky, anywhere, sun_below(request.sun_altitude), (0.0, sky.length))
    return night.within(_free(sky, request))


def _free(sky: LocalSky, request: ObservingRequest) -> list[tuple[float, float]]:
    """What other queues leave of the window, s."""
    taken = sorted((sky.seconds(start), sky.seconds(end)) for start, end in request.busy)
    free, reached = [], 0.0
    for start, end in taken:
        if start > reached:
            free.append((reached, min(start, sky.length)))
        reached = max(reached, end)
    if reached < sky.length:
        free.append((reached, sky.length))
    return [(start, end) for start, end in free if end > start]


def _near_the_map(
    skymap: SkyMap, telescope: Telescope, request: ObservingRequest, grid: FieldGrid
) -> tuple[NDArray[np.int64], float]:
    """Fields that may hold some probability, and how much all others hold at the most."""
    reach = focal_plane(telescope.footprint).radius
    limit = probability_nearby(skymap, grid.coord, reach)
    chosen = np.flatnonzero(limit >= NEGLIGIBLE)
    longest = float((request.end - request.start).to_value(u.s))
    shortest = min(float(t.to_value(u.s)) for t in request.exposure_time.values())
    most = int(longest / (shortest + telescope.overheads.readout.to_value(u.s))) + 1
    if len(chosen) > _SPARE * most + _ALWAYS:
        likely = probability_nearby(skymap, grid.coord[chosen], reach / 3)
        order = np.argsort(-likely, kind="stable")
        chosen = np.sort(chosen[order[: _SPARE * most + _ALWAYS]])
    left = np.sort(np.delete(limit, chosen))[::-1]
    return chosen, float(left[:most].sum())


def pose(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> Problem:
    """Work out what a planner needs to know.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    check_request(telescope, request)
    grid = telescope.read_grid()
    chosen, forsaken = _near_the_map(skymap, telescope, request, grid)
    sky = LocalSky(telescope.site, request.start, request.end)
    coord = grid.coord[chosen]
    positions = sky.positions(coord)
    rule = every(rules_for(telescope, request))
    visible = visible_intervals(sky, positions, rule, (0.0, sky.length))
    return Problem(
        telescope=telescope,
        request=request,
        sky=sky,
        field_id=grid.field_id[chosen],
        coord=coord,
        positions=positions,
        dark=dark_time(sky, request),
        visible=visible.within(_free(sky, request)),
        atoms=atoms_of(skymap, layers_near(skymap, telescope, grid, chosen)),
        needs=(request.filters,),
        released=np.zeros(len(chosen)),
        forsaken=forsaken,
    )

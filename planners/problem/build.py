"""From a request to a problem: the fields that matter, when each is up, what each covers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.atoms import Layer, atoms_of
from planners.footprints.cameras import focal_plane
from planners.footprints.candidates import probability_nearby
from planners.footprints.centered import with_centered_pointing
from planners.footprints.layers import layers_near
from planners.footprints.tilings import with_tilings
from planners.problem.detection import for_detection
from planners.problem.observed import earliest_revisit, executed_by, needs_left
from planners.problem.problem import Problem
from planners.problem.requests import RequestInvalid, check_request, fields_of
from planners.skymaps.skymap import SkyMap
from planners.visibility.intervals import Intervals, visible_intervals
from planners.visibility.local_sky import LocalSky
from planners.visibility.rules import every, rules_for, sun_below
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import FieldGrid, Footprint, Telescope

_NEGLIGIBLE = 1e-6
"""A field of less probability is left out of everything but the bound."""


def build_problem(
    skymap: SkyMap,
    telescope: Telescope,
    request: ObservingRequest,
    besides: Collection[int] = (),
    *,
    tiled: bool = False,
) -> Problem:
    """Work out what a planner needs to know of the fields near a sky map.

    Parameters
    ----------
    besides
        Fields of the grid that belong to the problem however little of the map they hold.
    tiled
        Add tilings of the region's own to the grid's fields.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    check_request(telescope, request)
    grid = fields_of(telescope, request)
    limit = probability_nearby(skymap, grid.coord, focal_plane(telescope.footprint).radius)
    named = np.flatnonzero(np.isin(grid.field_id, list(besides)))
    chosen = np.union1d(np.flatnonzero(limit >= _NEGLIGIBLE), named)
    near = FieldGrid(grid.field_id[chosen], grid.coord[chosen], grid.is_primary[chosen])
    if tiled:
        near = with_tilings(skymap, telescope.footprint, near)
    elif telescope.off_grid:
        near = with_centered_pointing(skymap, telescope.footprint, near, besides)
    if len(grid.field_id) == 0 and len(near.field_id) == 0:
        raise RequestInvalid(
            f"{telescope.name} has no grid of fields and the region is larger than its camera: "
            "plan at galaxies, or name positions (the manual planner)"
        )
    plain = replace(
        build_problem_at(skymap, telescope, request, near),
        neglected=_neglected(telescope, request, limit[~np.isin(grid.field_id, near.field_id)]),
    )
    return for_detection(plain, skymap)


def build_problem_at(
    skymap: SkyMap,
    telescope: Telescope,
    request: ObservingRequest,
    pointings: FieldGrid,
    cover: Callable[[SkyMap, Footprint, SkyCoord], Sequence[Layer]] = layers_near,
) -> Problem:
    """Work out what a planner needs to know of some pointings.

    Parameters
    ----------
    cover
        Finds the cells of pointings.
    """
    executed = executed_by(request)
    both = (pointings.coord.icrs, executed.coord)
    everywhere = SkyCoord(
        np.concatenate([each.ra for each in both]), np.concatenate([each.dec for each in both])
    )
    footprint = telescope.footprint
    layers = [
        executed.marked(layer, footprint, request.filters)
        for layer in cover(skymap, footprint, everywhere)
    ]
    atoms = atoms_of(skymap, layers, with_cells=request.objective == "detection")
    need, needs = needs_left(atoms.need, request.filters)
    sky = LocalSky(telescope.site, request.start, request.end)
    positions = sky.positions(pointings.coord)
    rule = every(rules_for(telescope, request))
    dark = dark_time(sky, request)
    # Nobody looks by day: most of a window of a day is not even sampled.
    visible = visible_intervals(sky, positions, rule, dark.spans)
    return Problem(
        telescope=telescope,
        request=request,
        sky=sky,
        field_id=pointings.field_id,
        coord=pointings.coord,
        positions=positions,
        dark=dark,
        visible=visible,
        atoms=replace(atoms, need=need),
        seen_before=atoms.need > 0,
        needs=needs,
        earliest_revisit=earliest_revisit(
            sky, executed, pointings, request.minimum_gap.to_value(u.s)
        ),
        neglected=np.empty(0),
    )


def dark_time(sky: LocalSky, request: ObservingRequest) -> Intervals:
    """When the Sun is low enough and no other queue has the telescope."""
    anywhere = sky.positions(SkyCoord([0] * u.deg, [0] * u.deg))
    night = visible_intervals(sky, anywhere, sun_below(request.sun_altitude), [(0.0, sky.length)])
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


def _neglected(
    telescope: Telescope, request: ObservingRequest, limit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much each field that is left out holds at the most, of as many as a plan could have."""
    longest = float((request.end - request.start).to_value(u.s))
    shortest = min(float(t.to_value(u.s)) for t in request.exposure_time.values())
    most = int(longest / (shortest + telescope.overheads.readout.to_value(u.s))) + 1
    return np.sort(limit)[::-1][:most]

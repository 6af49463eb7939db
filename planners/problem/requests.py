"""What makes an observing request impossible, said before anything is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.detection.sources import source_model
from planners.visibility.depth import EXTINCTION as DEPTHS
from telescopes.observing_plan import ObservingRequest
from telescopes.pairing.pointings import SAME_POSITION, group
from telescopes.telescope import FieldGrid, Telescope

_MAX_WINDOW = 31 * u.day
"""A request for longer than this is a slip of the keyboard."""


_MAX_NAMED = 5
"""Unknown fields that are named."""


class RequestInvalid(ValueError):
    """The request cannot be met by any plan; the message says why in one sentence."""


def check_request(telescope: Telescope, request: ObservingRequest) -> None:
    """Return if `request` makes sense for `telescope`.

    Raises
    ------
    RequestInvalid
        If it does not.
    """
    _check_window(request)
    _check_filters(telescope, request)
    _check_limits(request)
    _check_detection(telescope, request)
    _check_kind_of_fields(telescope, request)


def fields_of(telescope: Telescope, request: ObservingRequest) -> FieldGrid:
    """The fields of a telescope that a request is for."""
    grid = telescope.read_grid()
    if request.grid is None:
        return grid
    wanted = grid.is_primary == (request.grid == "primary")
    return FieldGrid(grid.field_id[wanted], grid.coord[wanted], grid.is_primary[wanted])


def grids_of(telescope: Telescope) -> set[str]:
    """Which grids a telescope has."""
    names = {True: "primary", False: "secondary"}
    return {names[is_primary] for is_primary in set(telescope.read_grid().is_primary.tolist())}


def check_targets(telescope: Telescope, targets: Sequence[int | SkyCoord]) -> None:
    """Return if a telescope can be given a list of fields and positions.

    Raises
    ------
    RequestInvalid
        If there is none, a field does not exist, the telescope accepts no positions, or one is
        listed twice.
    """
    if not targets:
        raise RequestInvalid("no field or position is given to the manual planner")
    fields = [target for target in targets if not isinstance(target, SkyCoord)]
    positions = [target.icrs for target in targets if isinstance(target, SkyCoord)]
    if positions and not telescope.off_grid:
        raise RequestInvalid(
            f"{telescope.name} observes the fields of its grid alone, and no positions"
        )
    check_fields(telescope, fields)
    twice = next((field for field, times in Counter(fields).items() if times > 1), None)
    if twice is not None:
        raise RequestInvalid(f"field {twice} is listed twice")
    places = np.array([[place.ra.deg, place.dec.deg] for place in positions]).reshape(-1, 2)
    again = np.flatnonzero(group(places, SAME_POSITION) != np.arange(len(places)))
    if len(again) > 0:
        ra, dec = places[again[0]]
        raise RequestInvalid(f"the position {ra:.5f} {dec:+.5f} is listed twice")


def check_fields(telescope: Telescope, field_id: Iterable[int]) -> None:
    """Return if a telescope has all of some fields.

    Raises
    ------
    RequestInvalid
        If it has not; the first few that it has not are named.
    """
    unknown = sorted(set(field_id) - set(telescope.read_grid().field_id.tolist()))
    if unknown:
        named = ", ".join(map(str, unknown[:_MAX_NAMED]))
        more = ", ..." if len(unknown) > _MAX_NAMED else ""
        raise RequestInvalid(f"{telescope.name} has no field {named}{more}")


def _check_window(request: ObservingRequest) -> None:
    if not request.end > request.start:
        raise RequestInvalid(
            f"the window ends ({request.end.utc.isot}) before it starts ({request.start.utc.isot})"
        )
    if request.end - request.start > _MAX_WINDOW:
        raise RequestInvalid(f"the window is longer than {_MAX_WINDOW}")
    for start, end in request.busy:
        if not end > start:
            raise RequestInvalid("an interval taken by another queue ends before it starts")


def _check_filters(telescope: Telescope, request: ObservingRequest) -> None:
    if not request.filters:
        raise RequestInvalid("no filter is requested")
    known = ", ".join(telescope.filters)
    for name in request.filters:
        if name not in telescope.filters:
            raise RequestInvalid(f"{telescope.name} has no filter {name!r}: it has {known}")
        if name not in request.exposure_time:
            raise RequestInvalid(f"no exposure time is given for filter {name!r}")
    for name, exposure_time in request.exposure_time.items():
        seconds = exposure_time.to_value(u.s)
        if not (np.isfinite(seconds) and seconds > 0):
            raise RequestInvalid(
                f"the exposure time in {name} must be above zero: it is {seconds:g} s"
            )
        if exposure_time > telescope.longest_exposure:
            raise RequestInvalid(
                f"{telescope.name} exposes for {telescope.longest_exposure.to(u.s):g} at most: "
                f"{seconds:g} s is requested in {name}"
            )


def _check_limits(request: ObservingRequest) -> None:
    if not request.airmass_limit >= 1:
        raise RequestInvalid(f"no airmass is below 1: the limit is {request.airmass_limit}")
    if not np.isfinite(request.airmass_limit):
        raise RequestInvalid("the airmass limit must be a finite number")
    gap = request.minimum_gap.to_value(u.s)
    if not (np.isfinite(gap) and gap >= 0):
        raise RequestInvalid(f"the gap between visits cannot be {gap:g} s")
    for what, angle in (
        ("altitude of the Sun", request.sun_altitude),
        ("distance from the Moon", request.moon_separation),
    ):
        if not np.isfinite(angle.to_value(u.deg)) or abs(angle) > 180 * u.deg:
            raise RequestInvalid(f"the {what} cannot be {angle}")
    if request.moon_separation < 0 * u.deg:
        raise RequestInvalid("the distance from the Moon cannot be negative")
    if not 0 / u.s <= request.interruption_rate < np.inf / u.s:
        raise RequestInvalid("the rate of interruption cannot be negative, and must be finite")
    _check_budgets(request)


def _check_detection(telescope: Telescope, request: ObservingRequest) -> None:
    if request.detections is not None and not 1 <= request.detections <= len(request.filters):
        raise RequestInvalid(
            f"from 1 to {len(request.filters)} visits can detect the source: "
            f"not {request.detections}"
        )
    for time in request.exposure_times:
        if not 0 * u.s < time <= telescope.longest_exposure:
            raise RequestInvalid(
                f"{telescope.name} exposes for {telescope.longest_exposure.to(u.s):g} at most, and "
                f"for more than zero: {time.to_value(u.s):g} s is not to be chosen from"
            )
    if request.objective == "coverage" or not request.source:
        return
    try:
        source = source_model(request.source)
    except ValueError as err:
        raise RequestInvalid(f"the kind of source is not known. {err}") from err
    for name in dict.fromkeys(request.filters):
        if name not in telescope.reference_magnitudes or name not in DEPTHS:
            raise RequestInvalid(
                f"how deep {telescope.name} reaches in {name} is not known, and so not what it "
                "would detect: ask for coverage"
            )
        if not source.knows(name):
            raise RequestInvalid(f"how bright {source.title} is in {name} is not known")


def _check_kind_of_fields(telescope: Telescope, request: ObservingRequest) -> None:
    if request.grid is not None and request.grid not in grids_of(telescope):
        raise RequestInvalid(f"{telescope.name} has no {request.grid} grid of fields")
    dithers = 1 if request.dithers is None else request.dithers
    is_dithered = dithers > 1 or request.dither_distance is not None
    if is_dithered and telescope.most_dithers == 1:
        raise RequestInvalid(f"{telescope.name} divides no exposure into dithers")
    if dithers > telescope.most_dithers:
        raise RequestInvalid(
            f"{telescope.name} divides an exposure into {telescope.most_dithers} dithers at most, "
            f"and not into {dithers}"
        )


def _check_budgets(request: ObservingRequest) -> None:
    if request.maximum_fields is not None and request.maximum_fields < 1:
        raise RequestInvalid("at least one field must be allowed")
    if request.maximum_time is not None and not request.maximum_time > 0 * u.s:
        raise RequestInvalid("the budget of time must be above zero")
    target = request.target_probability
    if target is not None and not 0 < target <= 1:
        raise RequestInvalid(
            f"the probability to stop at is above 0, and at most 1: not {target:g}"
        )
    gain = request.minimum_gain
    if gain is not None and not 0 / u.s <= gain < np.inf / u.s:
        raise RequestInvalid("the gain to stop at cannot be negative, and must be finite")
    if request.blocks is not None and request.blocks < 1:
        raise RequestInvalid("at least one filter block must be allowed")
    if request.time_limit is not None and not 0 * u.s < request.time_limit < np.inf * u.s:
        raise RequestInvalid("the time limit must be above zero, and finite")

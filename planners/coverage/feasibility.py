"""Whether exposures at given times can be taken: the rules, held against each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.visibility.local_sky import Circumstances, LocalSky
from planners.visibility.rules import rules_for
from telescopes.observing_plan import ObservingRequest, PlannedExposure, Reason
from telescopes.pairing.pointings import grouped, positions
from telescopes.telescope import Telescope
from telescopes.times import iso

_TOLERANCE = 0.01
"""deg by which a rule may be broken: files round times and positions."""

_SLACK = 1.0
"""s by which exposures may be closer than the camera reads out: files round times."""

_WORDS: Mapping[Reason, str] = {
    Reason.DAYLIGHT: "the Sun is {:.1f} deg too high",
    Reason.AIRMASS: "it is {:.1f} deg too low for the airmass limit",
    Reason.POINTING_LIMIT: "it is {:.1f} deg beyond a pointing limit of the telescope",
    Reason.MOON: "it is {:.1f} deg too close to the Moon",
    Reason.EXCLUDED: "it is {:.1f} deg inside of what the request leaves out of the sky",
}


@dataclass(frozen=True)
class Infeasible:
    """An exposure that cannot be taken."""

    index: int
    """In the order of time."""

    reason: str
    """In words."""


def checked(
    telescope: Telescope, request: ObservingRequest, exposures: Sequence[PlannedExposure]
) -> tuple[tuple[PlannedExposure, ...], tuple[Infeasible, ...]]:
    """Hold exposures against the window, the sky and each other.

    Parameters
    ----------
    exposures
        In the order of time; at least one.

    Returns
    -------
    exposures
        The same, with their airmasses and with their visits counted.
    infeasible
        Those that cannot be taken, each once, with the first reason.
    """
    sky = LocalSky(telescope.site, request.start, request.end)
    coord = SkyCoord(*positions(exposures).T, unit=u.deg)
    starts = np.array([sky.seconds(exposure.start) for exposure in exposures])
    length = np.array([float(each.exposure_time.to_value(u.s)) for each in exposures])
    ends = starts + length
    places = sky.positions(coord)
    faults: dict[int, str] = {}
    for index in np.flatnonzero((starts < -_SLACK) | (ends > sky.length + _SLACK)).tolist():
        window = f"{iso(request.start)} to {iso(request.end)}"
        faults[index] = f"it lies outside of the window of the request, {window}"
    for index, exposure in enumerate(exposures):
        if exposure.field_id in request.excluded_fields:
            faults.setdefault(index, f"field {exposure.field_id} is excluded by the request")
        if exposure.filter not in request.filters:
            asked = ", ".join(request.filters)
            faults.setdefault(index, f"the request is for {asked}, and not for {exposure.filter}")
    for rule in rules_for(telescope, request):
        margin = np.minimum(
            rule.margin(Circumstances(sky, places, starts)),
            rule.margin(Circumstances(sky, places, ends)),
        )
        for index in np.flatnonzero(margin < -_TOLERANCE).tolist():
            faults.setdefault(index, _WORDS[rule.reason].format(-margin[index]))
    least = float(telescope.overheads.readout.to_value(u.s)) - _SLACK
    for before, after in pairwise(range(len(exposures))):
        if starts[after] < ends[before] + least:
            ended = iso(exposures[before].start + exposures[before].exposure_time)
            faults.setdefault(
                after, f"it begins before the camera has read out the one that ends at {ended}"
            )
    middle = Circumstances(sky, places, starts + length / 2).airmass
    visits: Counter[int] = Counter()
    counted = []
    for k, (exposure, pointing) in enumerate(
        zip(exposures, grouped(exposures).tolist(), strict=True)
    ):
        airmass = float(middle[k]) if np.isfinite(middle[k]) else 99.0
        counted.append(replace(exposure, airmass=round(airmass, 4), visit=visits[pointing]))
        visits[pointing] += 1
    return tuple(counted), tuple(
        Infeasible(index, reason) for index, reason in sorted(faults.items())
    )

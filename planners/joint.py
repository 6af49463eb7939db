"""Plans of several telescopes that share the sky, each where the others do not look."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from astropy import units as u

from planners.coverage.sky_coverage import coverage
from planners.geometry.ranges import Ranges
from planners.optimal import problems_of
from planners.problem.requests import RequestInvalid
from planners.registry import PLANNERS, plan
from planners.search.bound import upper_bound
from planners.skymaps.remaining_map import remaining
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ExecutedExposure, ObservingPlan, ObservingRequest
from telescopes.pairing.pointings import grouped
from telescopes.registry import TELESCOPES
from telescopes.telescope import Telescope

_ROUNDS = 2
"""Times that each telescope is planned for beside the others."""

_MORE = 1e-3
"""Probability that a round must add for another to be tried."""


@dataclass(frozen=True, eq=False)
class JointPlan:
    """One plan a telescope."""

    plans: Mapping[str, ObservingPlan]
    """By telescope, in the order of the request. The statistics of each are those of what the
    others leave."""

    probability: float
    """Probability that is covered in all visits of one telescope or another, 0 to 1."""

    shares: Mapping[str, float]
    """Probability that would be lost without each telescope."""

    separate: float
    """Probability that plans which know nothing of each other cover together."""

    upper_bound: float
    """No plans of these telescopes cover more together: the sum of what each could cover alone."""


def joint_plan(
    skymap: SkyMap, requests: Mapping[str, ObservingRequest], planner: str = "optimal"
) -> JointPlan:
    """Plan several telescopes so that they cover most together.

    The telescope that covers most alone is planned for first, each other on what is left, and
    then each once more beside all others.

    Parameters
    ----------
    skymap
        Where the source may be.
    requests
        By name of `telescopes.TELESCOPES`. What more telescope time must add is asked of what a
        telescope adds to the others.
    planner
        A name of `planners.PLANNERS`, of those that a map is enough for.

    Raises
    ------
    LookupError
        If there is no such planner, or no such telescope.
    RequestInvalid
        If the planner needs more than a map, or a request makes no sense for its telescope or
        says at what probability to stop or that a source is to be detected: that is asked of one
        telescope.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.time import Time
    >>> from planners import ObservingRequest, circle_skymap, joint_plan
    >>> skymap = circle_skymap(150 * u.deg, 20 * u.deg, 4 * u.deg, containment=0.9)
    >>> request = ObservingRequest(
    ...     start=Time("2026-02-15T06:00:00"),
    ...     end=Time("2026-02-15T06:20:00"),
    ...     filters=("r",),
    ...     exposure_time={"r": 60 * u.s},
    ... )
    >>> joint = joint_plan(skymap, {"ZTF": request, "DECam": request}, planner="greedy")
    >>> joint.probability >= joint.separate - 1e-9
    True
    """
    if planner in PLANNERS and PLANNERS[planner].needs_more:
        raise RequestInvalid(f"the {planner} planner plans for one telescope")
    for name, request in requests.items():
        if request.objective == "detection":
            raise RequestInvalid(
                f"telescopes that share the sky cover it: detection is asked of {name} alone"
            )
        if request.target_probability is not None:
            raise RequestInvalid(
                f"a probability to stop at is asked of one telescope, and not of {name} with others"
            )
    alone = {name: plan(skymap, name, request, planner) for name, request in requests.items()}
    together = _Together(skymap, alone)
    separate = together.probability()
    order = sorted(requests, key=lambda name: -_covered(alone[name]))
    # Where nobody else has planned yet, the first plans as it does alone.
    shared = _Together(skymap, {name: alone[name] for name in order[:1]})
    for turn in range(_ROUNDS):
        before = shared.worth()
        for name in order[1 if turn == 0 else 0 :]:
            if turn > 0 and shared.overlap(name) < _MORE:
                continue
            left = remaining(skymap, shared.region(without=name))
            shared.take(name, plan(left, name, requests[name], planner))
        if shared.worth() < before + _MORE:
            break
    best = max((shared, together), key=_Together.worth)
    whole = best.probability()
    return JointPlan(
        plans={name: best.plans[name] for name in requests},
        probability=whole,
        shares={name: whole - best.probability(without=name) for name in requests},
        separate=separate,
        upper_bound=min(
            sum(_limit(skymap, name, requests[name], alone[name]) for name in requests), 1.0
        ),
    )


class _Together:
    """Plans of several telescopes, and where each has all its visits."""

    def __init__(self, skymap: SkyMap, plans: Mapping[str, ObservingPlan]) -> None:
        self._skymap = skymap
        self._kept = {name: (each, self._finished(name, each)) for name, each in plans.items()}

    @property
    def plans(self) -> dict[str, ObservingPlan]:
        """By telescope."""
        return {name: each for name, (each, _) in self._kept.items()}

    def take(self, name: str, plan: ObservingPlan) -> None:
        """Take a plan in place of a telescope's last, unless that covered more with the others."""
        former, before = self._kept.get(name), self.worth()
        self._kept[name] = plan, self._finished(name, plan)
        if former is not None and self.worth() < before:
            self._kept[name] = former

    def worth(self) -> float:
        """Probability of all, less what the requests say that their telescope time must add."""
        return self.probability() - sum(_price(each) for each in self.plans.values())

    def region(self, without: str = "") -> Ranges:
        """Where any telescope but one has all its visits."""
        others = [region for name, (_, region) in self._kept.items() if name != without]
        return Ranges.empty().union(*others)

    def overlap(self, name: str) -> float:
        """Probability where a telescope and any other have all their visits."""
        own = self._kept[name][1]
        return float(self._skymap.probability_in(own.intersection(self.region(without=name))))

    def probability(self, without: str = "") -> float:
        """Probability there."""
        return float(self._skymap.probability_in(self.region(without)))

    def _finished(self, name: str, plan: ObservingPlan) -> Ranges:
        return _finished_region(self._skymap, TELESCOPES[name], plan)


def _finished_region(skymap: SkyMap, telescope: Telescope, plan: ObservingPlan) -> Ranges:
    """Where pointings lie that have all their visits."""
    wanted = Counter(plan.request.filters)
    visits = defaultdict(list)
    for exposure, pointing in zip(plan.exposures, grouped(plan.exposures).tolist(), strict=True):
        visits[pointing].append(exposure)
    finished = [
        ExecutedExposure(
            exposure_id=str(number),
            field_id=own[0].field_id,
            ra=own[0].ra,
            dec=own[0].dec,
            filter=own[0].filter,
            start=own[0].start,
            exposure_time=own[0].exposure_time,
            detectors=telescope.footprint.detector_id,
        )
        for number, own in enumerate(visits.values())
        if not wanted - Counter(exposure.filter for exposure in own)
    ]
    return coverage(skymap, telescope, finished).once if finished else Ranges.empty()


def _covered(plan: ObservingPlan) -> float:
    return float(plan.statistics["probability_all_filters"])


def _price(plan: ObservingPlan) -> float:
    """Probability that the telescope time of a plan must add."""
    gain = plan.request.minimum_gain
    hours = float(plan.statistics["total_time"]) / 3600
    return 0.0 if gain is None else float(gain.to_value(1 / u.h)) * hours


def _limit(skymap: SkyMap, name: str, request: ObservingRequest, alone: ObservingPlan) -> float:
    """No plan of a telescope covers more, however much of its time it takes beside the others.

    Parameters
    ----------
    alone
        The plan that it makes alone, of which the bound is known where it does not stop.
    """
    known = alone.statistics["upper_bound"]
    if request.minimum_gain is None and known is not None:
        return float(known)
    without_stops = replace(request, minimum_gain=None)
    problems = problems_of(skymap, TELESCOPES[name], without_stops)
    return max(upper_bound(problem) for problem in problems)

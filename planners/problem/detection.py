"""From a problem of coverage to that of detection, where a request asks for it and it can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.detection.sources import days_from, gained_depth, source_model
from planners.problem.detectability import Sought, detectability
from planners.problem.detection_ways import Origin, depth_samples, with_ways
from planners.problem.observed import executed_by
from planners.problem.problem import Problem
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ExecutedExposure, ObservingRequest


def why_coverage(skymap: SkyMap, request: ObservingRequest) -> str:
    """Why a plan that is to detect a source can only cover the map; empty where it can detect."""
    if not request.source:
        return "no kind of source is given"
    if source_model(request.source).is_absolute and skymap.distmu is None:
        return "the map has no distances"
    return ""


def for_detection(plain: Problem, skymap: SkyMap) -> Problem:
    """The problem of detecting the source of a request; that of coverage where it cannot be.

    Parameters
    ----------
    plain
        The problem of coverage, with the cells of its atoms.
    """
    request = plain.request
    bare = replace(plain, atoms=replace(plain.atoms, cells=()))
    if request.objective == "coverage":
        return bare
    reason = why_coverage(skymap, request)
    if reason or len(plain.visible.owner) == 0:
        return replace(bare, coverage_only=reason)
    shortest, scales = _choices(request)
    sought = Sought(source_model(request.source), _trigger(request))
    samples = depth_samples(bare, shortest, sought)
    if samples.time.size == 0:
        return bare
    done = _limits_of_executed(bare, sought)
    every = np.concatenate([each.ravel() for each in samples.limits])
    known = np.concatenate([every, done[np.isfinite(done)]])
    span = float(known.min()), float(known.max()) + float(gained_depth(scales[-1]))
    chances = detectability(skymap, plain.atoms, sought, request, span)
    return with_ways(Origin(bare, shortest, chances, done), samples, scales)


def _choices(request: ObservingRequest) -> tuple[ObservingRequest, list[float]]:
    """The request with the shortest exposure time, and all others over that."""
    if not request.exposure_times:
        return request, [1.0]
    times = sorted({float(time.to_value(u.s)) for time in request.exposure_times})
    shortest = dict.fromkeys(request.exposure_time, times[0] * u.s)
    return replace(request, exposure_time=shortest), [time / times[0] for time in times]


def _trigger(request: ObservingRequest) -> float:
    """When the source was triggered, s from the start."""
    if request.trigger_time is None:
        return 0.0
    return float((request.trigger_time - request.start).to_value(u.s))


def _limits_of_executed(problem: Problem, sought: Sought) -> NDArray[np.float64]:
    """Limit that executed exposures set for each of `Problem.needs`, mag; inf where none does.

    It is that of the median exposure in each filter that an atom no longer wants.
    """
    request = problem.request
    by_filter: dict[str, list[float]] = {}
    for visit in executed_by(request).visits:
        seconds = float((visit.start - request.start).to_value(u.s))
        days = days_from(sought.trigger, seconds)
        usual = float(sought.source.magnitude(visit.filter, days))
        by_filter.setdefault(visit.filter, []).append(_depth(problem, visit) - usual)
    limits = []
    for wanted in problem.needs:
        done = [name for name in set(request.filters)
                if request.filters.count(name) > wanted.count(name)]  # fmt: skip
        limits.append(min((float(np.median(by_filter[name])) for name in done), default=np.inf))
    return np.array(limits)


def _depth(problem: Problem, visit: ExecutedExposure) -> float:
    """Measured depth of an executed exposure; where none is, that of a dark zenith."""
    if visit.limiting_magnitude is not None:
        return visit.limiting_magnitude
    telescope = problem.telescope
    longer = (visit.exposure_time / telescope.exposure_time).to_value(u.one)
    return telescope.reference_magnitudes[visit.filter] + float(gained_depth(longer))

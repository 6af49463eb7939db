"""The problem of detecting a source, as one of coverage.

A field can be observed with one of several exposure times, while it is seen well or less well: each
is a way of its own, that of a limit within which sources are detected. The atoms are divided by the
limits: in the part between two of them lies the probability that a source there is within the one
and not within the other, and a way covers the parts up to its own limit. What is covered is then
the probability that a source is detected, and whatever plans for coverage plans for detection.

A way is open only while the field is seen as well as it says, so that what it covers is true; for
the bound, each counts as much as the next better one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planners.detection.sources import EXTINCTION, gained_depth
from planners.footprints.atoms import Atoms
from planners.geometry.ranges import expand
from planners.problem.detectability import Detectability, Sought, limiting
from planners.problem.problem import Problem, Ways
from planners.visibility.intervals import Intervals
from planners.visibility.local_sky import Circumstances
from telescopes.observing_plan import ObservingRequest

_SAMPLES = 25
"""Of each interval of visibility, between which the depth is linear."""

_STEPS = (0.1, 0.3, 0.6, 1.0, 1.5, 2.2, 3.0, 4.0)
"""So much below the best limit that a field ever has, mag, its ways begin, one after the other:
most of a plan sees fields nearly at their best."""

_INTERPOLATED = 0.005
"""Between two samples the limit may be so far off a straight line, mag: the bound allows it."""

_MOST_FIELDS = 3000
"""The most probable ones; of a narrow camera the others wait."""

_QUANTUM_ALONE, _QUANTA, _QUANTA_OF_BOUND = 1e-4, (0.005, 1e-6), (0.01, 3e-6)
"""Chances of detection that differ by less are the same: where one field covers a place, and where
several do, of the chance and of the probability of the place (the more so for the bound, which is
worked out for all ways at once)."""

_MOST_TIMES, _NEARLY, _CHEAP = 2, 0.15, 0.3
"""Exposure times of a field that are planned with: those whose worth, less what their time costs,
falls short of the best by less than the second, a part of it; and that bring the third part of what
time costs at the least."""

_HALVINGS = 40
"""In the search for the price of time."""


@dataclass(frozen=True, eq=False)
class DepthSamples:
    """How well fields are seen while they are up."""

    owner: NDArray[np.int64]
    """Field of each interval of visibility, shape (n,)."""

    time: NDArray[np.float64]
    """s from the start of the request, shape (n, n_samples)."""

    limits: tuple[NDArray[np.float64], ...]
    """In each requested visit with the exposure time of the request, mag, shape of `time` each."""


@dataclass(frozen=True, eq=False)
class _Levels:
    """How well fields are seen, in few steps; one row for each step of each field."""

    field: NDArray[np.int64]
    """Shape (n,)."""

    counted: NDArray[np.float64]
    """Limit that counts, mag, shape (n,)."""

    visible: Intervals
    """When it is reached; owners are rows."""


def depth_samples(problem: Problem, request: ObservingRequest, sought: Sought) -> DepthSamples:
    """Find how well fields are seen, of those that matter.

    Parameters
    ----------
    request
        That says the filters and the exposure time.
    """
    visible = problem.visible
    matters = np.zeros(visible.n, dtype=bool)
    worth = problem.atoms.field_probability
    matters[np.argsort(-worth, kind="stable")[:_MOST_FIELDS]] = True
    matters &= worth > 0
    chosen = matters[visible.owner]
    owner, start, end = visible.owner[chosen], visible.start[chosen], visible.end[chosen]
    time = start[:, None] + (end - start)[:, None] * np.linspace(0, 1, _SAMPLES)
    seen = Circumstances(problem.sky, problem.positions[owner][:, None], time)
    by_filter = {
        name: sought.limits(problem.telescope, name, request.exposure_time[name], seen)
        for name in set(request.filters)
    }
    return DepthSamples(owner, time, tuple(by_filter[name] for name in request.filters))


@dataclass(frozen=True, eq=False)
class Origin:
    """What a problem of detection is made of."""

    plain: Problem
    """The fields as they are."""

    request: ObservingRequest
    """With the shortest exposure time that may be chosen."""

    detectability: Detectability
    """What is to be detected."""

    done: NDArray[np.float64]
    """Limit that executed exposures set for each of `Problem.needs`, mag; inf where none does.
    Shape (n_needs,)."""


def with_ways(origin: Origin, samples: DepthSamples, scales: Sequence[float]) -> Problem:
    """The problem of detection that belongs to one of coverage.

    Parameters
    ----------
    samples
        Before extinction.
    scales
        Exposure times over that of the request, rising; the first is one.
    """
    n, required = origin.plain.visible.n, origin.detectability.required
    samples = _dimmed(samples, origin)
    pointwise = limiting(samples.limits, required)
    levels = _levels(samples, pointwise, pointwise, n, optimistic=False)
    divided = _Divided(origin)

    def bounding() -> Problem:
        optimistic = _optimistic_levels(samples, n, required)
        atoms = divided.by(optimistic, scales, optimistic=True)
        return _of(origin, optimistic, scales, atoms, bounding)

    atoms = divided.by(levels, scales, optimistic=False)
    problem = _of(origin, levels, scales, atoms, bounding)
    worth = problem.atoms.field_probability
    time = _telescope_time(problem)
    price = _price(problem, worth, time)
    few = _reduced(problem, _worth_planning(problem, worth, time, price))
    assert few.ways is not None
    return replace(few, ways=replace(few.ways, price=price))


def _dimmed(samples: DepthSamples, origin: Origin) -> DepthSamples:
    """The samples with the mean extinction of each field taken off."""
    reddening = origin.detectability.field_reddening[samples.owner][:, None]
    names = origin.plain.request.filters
    return replace(
        samples,
        limits=tuple(
            each - EXTINCTION[name] * reddening
            for each, name in zip(samples.limits, names, strict=True)
        ),
    )


def _optimistic_levels(samples: DepthSamples, n: int, required: int) -> _Levels:
    """Steps of which each counts as much as the next better one: no plan is worth more."""
    visits = len(samples.limits)
    best = [_by_field(each, samples.owner, n) for each in samples.limits]
    top = limiting(best, required)
    # A visit may be in the filter that is seen best just then.
    widest = limiting(samples.limits, 1)
    whole = np.full_like(widest, np.inf)
    # Where some visits need not detect anything, they may be at any time.
    open_ = widest if required == visits else whole
    return _levels(samples, open_, top[samples.owner][:, None], n, optimistic=True)


def _by_field(values: NDArray[np.float64], owner: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Greatest value of each field, -inf where it is never up; shape (n,)."""
    most = np.full(n, -np.inf)
    np.maximum.at(most, owner, values.max(axis=1))
    return most


def _levels(
    samples: DepthSamples,
    open_: NDArray[np.float64],
    counted: NDArray[np.float64],
    n: int,
    *,
    optimistic: bool,
) -> _Levels:
    """Steps in which fields are seen well.

    Parameters
    ----------
    open_
        Limit that decides whether a field may be observed, shape of the samples.
    counted
        Limit that decides how well it is then seen at the best; as `open_`, or to be broadcast.
    n
        Number of fields.
    """
    high = _by_field(np.broadcast_to(counted, samples.time.shape), samples.owner, n)
    low = -_by_field(-np.minimum(open_, counted), samples.owner, n)
    fields = np.flatnonzero(np.isfinite(high))
    edges = np.array([0.0, *_STEPS])
    depth = np.maximum(high - low, 0.0)[fields]
    count = np.searchsorted(edges, depth, side="left").clip(1)
    which, rank = expand(count.astype(np.int64))
    field, is_last = fields[which], rank == count[which] - 1
    upper = high[field] - edges[rank]
    least = np.where(is_last, low[field], high[field] - edges[np.minimum(rank + 1, len(_STEPS))])
    middle = (least + upper) / 2
    limit = np.where(is_last, -np.inf, least - _INTERPOLATED if optimistic else least)
    counted = upper + _INTERPOLATED if optimistic else middle
    return _Levels(field, counted, _above(samples, open_, field, limit))


def _above(
    samples: DepthSamples,
    values: NDArray[np.float64],
    field: NDArray[np.int64],
    least: NDArray[np.float64],
) -> Intervals:
    """When values are not below a limit, for rows of a field and a limit each."""
    by_owner = np.argsort(samples.owner, kind="stable")
    first = np.searchsorted(samples.owner[by_owner], field)
    count = np.searchsorted(samples.owner[by_owner], field, side="right") - first
    row, rank = expand(count)
    interval = by_owner[first[row] + rank]
    time, over = samples.time[interval], values[interval] - least[row][:, None]
    over = np.where(np.isposinf(over), 1.0, over)
    holds = over >= 0
    change = np.diff(holds.astype(np.int8), axis=1)
    begins = [(row[holds[:, 0]], time[holds[:, 0], 0])]
    ends = [(row[holds[:, -1]], time[holds[:, -1], -1])]
    for sign, into in ((1, begins), (-1, ends)):
        at, k = np.nonzero(change == sign)
        a, b = over[at, k], over[at, k + 1]
        part = a / (a - b)
        into.append((row[at], time[at, k] + part * (time[at, k + 1] - time[at, k])))
    owner, start = (np.concatenate(part) for part in zip(*begins, strict=True))
    owner_too, end = (np.concatenate(part) for part in zip(*ends, strict=True))
    by_start, by_end = np.lexsort((start, owner)), np.lexsort((end, owner_too))
    start, end = start[by_start], end[by_end]
    keep = end > start
    return Intervals(owner[by_start][keep], start[keep], end[keep], len(field))


class _Divided:
    """Divides the atoms of a problem by the limits of ways."""

    def __init__(self, origin: Origin) -> None:
        plain = origin.plain
        self._atoms = plain.atoms
        self._done = origin.done[plain.atoms.need]
        self._detectability = origin.detectability
        wanted = np.array([bool(wanted) for wanted in plain.needs])
        self._finished = np.flatnonzero(~wanted[plain.atoms.need])
        strengths = [EXTINCTION[name] for name in plain.request.filters]
        self._weakest, self._strongest = min(strengths), max(strengths)
        self._usual = float(np.median(strengths))
        self._is_shared = np.diff(plain.atoms.start) > 1

    def by(self, levels: _Levels, scales: Sequence[float], *, optimistic: bool) -> Atoms:
        """Atoms whose fields are the ways: each level with each exposure time, in that order."""
        atoms, chances = self._atoms, self._detectability
        field = np.repeat(levels.field, len(scales))
        limit = np.add.outer(levels.counted, gained_depth(scales)).ravel()
        way, rank = expand(atoms.field_start[field + 1] - atoms.field_start[field])
        atom = atoms.atom[atoms.field_start[field][way] + rank]
        more = chances.reddening[atom] - chances.field_reddening[field[way]]
        strength = np.where(more > 0, self._weakest, self._strongest) if optimistic else self._usual
        within = np.minimum(limit[way] - strength * more, self._done[atom])
        chance = chances.chance(atom, within)
        keep = chance > 0
        # What was finished before is detected as far as it went.
        before = chances.chance(self._finished, self._done[self._finished])
        way, atom = way[keep], np.concatenate([atom[keep], self._finished])
        value = np.concatenate([chance[keep], before])
        part = self._parts(atom, value, _QUANTA_OF_BOUND if optimistic else _QUANTA)
        reached = np.zeros(int(part.max(initial=-1)) + 1)
        if optimistic:
            np.maximum.at(reached, part, value)
        else:
            reached = np.bincount(part, value) / np.maximum(np.bincount(part), 1)
        owner = np.zeros(len(reached), dtype=np.int64)
        owner[part] = atom
        return self._assembled(way, part[: len(way)], owner, reached, len(field))

    def _parts(
        self, atom: NDArray[np.int64], chance: NDArray[np.float64], quanta: tuple[float, float]
    ) -> NDArray[np.int64]:
        """Number of the part of its atom that each chance reaches to: those alike have one."""
        quantum = np.maximum(
            np.where(self._is_shared, quanta[0], _QUANTUM_ALONE),
            quanta[1] / np.maximum(self._atoms.probability, 1e-12),
        )
        order = np.lexsort((chance, atom))
        owner, value = atom[order], chance[order]
        steps = np.floor(value / quantum[owner])
        is_new = np.ones(len(order), dtype=bool)
        is_new[1:] = (owner[1:] != owner[:-1]) | (steps[1:] != steps[:-1])
        part = np.empty(len(order), dtype=np.int64)
        part[order] = np.cumsum(is_new) - 1
        return part

    def _assembled(
        self,
        way: NDArray[np.int64],
        last: NDArray[np.int64],
        owner: NDArray[np.int64],
        reached: NDArray[np.float64],
        n_ways: int,
    ) -> Atoms:
        """The parts of all atoms; a way covers those up to its last one.

        Parameters
        ----------
        way, last
            Shape (n_pairs,).
        owner, reached
            Atom of each part, and the chance that it reaches to; by atom, rising. Shape (n_parts,).
        """
        is_first = np.concatenate([[True], owner[1:] != owner[:-1]])[: len(owner)]
        below = np.where(is_first, 0.0, np.concatenate([[0.0], reached[:-1]])[: len(reached)])
        begin = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
        pair, rank = expand(last - begin[last] + 1)
        part, of_way = begin[last][pair] + rank, way[pair]
        by_way, by_part = np.lexsort((part, of_way)), np.lexsort((of_way, part))
        return Atoms(
            probability=self._atoms.probability[owner] * np.maximum(reached - below, 0.0),
            area=np.zeros(len(owner)),
            need=self._atoms.need[owner],
            likely=self._atoms.likely[owner],
            field=of_way[by_part],
            start=np.searchsorted(part[by_part], np.arange(len(owner) + 1)),
            atom=part[by_way],
            field_start=np.searchsorted(of_way[by_way], np.arange(n_ways + 1)),
        )


def _of(
    origin: Origin,
    levels: _Levels,
    scales: Sequence[float],
    atoms: Atoms,
    bounding: Callable[[], Problem],
) -> Problem:
    """The problem whose fields are ways."""
    plain = origin.plain
    level = np.repeat(np.arange(len(levels.field)), len(scales))
    field = levels.field[level]
    at, rank = expand(
        np.searchsorted(levels.visible.owner, level, side="right")
        - np.searchsorted(levels.visible.owner, level)
    )
    interval = np.searchsorted(levels.visible.owner, level)[at] + rank
    left_out = np.setdiff1d(np.unique(plain.visible.owner), levels.field)
    neglected = np.concatenate([plain.neglected, plain.atoms.field_probability[left_out]])
    return replace(
        plain,
        request=origin.request,
        field_id=plain.field_id[field],
        coord=plain.coord[field],
        positions=plain.positions[field],
        visible=Intervals(
            at, levels.visible.start[interval], levels.visible.end[interval], len(field)
        ),
        atoms=atoms,
        seen_before=np.zeros(len(atoms.probability), dtype=bool),
        earliest_revisit=plain.earliest_revisit[field],
        neglected=np.sort(neglected)[::-1],
        ways=Ways(
            pointing=field,
            exposure_scale=np.tile(np.array(scales, dtype=float), len(levels.field)),
            plain=plain,
            detectability=origin.detectability,
            done=origin.done,
            price=0.0,
            bounding=bounding,
        ),
    )


def _telescope_time(problem: Problem) -> NDArray[np.float64]:
    """What all visits of each way take at the least, s; shape (n,)."""
    exposing = sum(problem.exposure[name] for name in problem.request.filters)
    overhead = len(problem.request.filters) * problem.slews.readout
    return exposing * problem.exposure_scale + overhead


def _worth_planning(
    problem: Problem, worth: NDArray[np.float64], time: NDArray[np.float64], price: float
) -> NDArray[np.int64]:
    """Ways that the price of telescope time leaves worth planning with."""
    pointing = problem.pointing
    # Of each exposure time, all levels: that which is seen better is open for less long.
    choice = pointing * len(worth) + np.unique(time, return_inverse=True)[1]
    choices, which = np.unique(choice, return_inverse=True)
    best = np.full(len(choices), -np.inf)
    np.maximum.at(best, which, worth)
    of_choice = np.zeros(len(choices))
    of_choice[which] = time
    owner = choices // len(worth)
    left = best - price * of_choice
    order = np.lexsort((-left, owner))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
    top = np.full(int(pointing.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(top, owner, left)
    near = left >= top[owner] - _NEARLY * best
    near &= (rank < _MOST_TIMES) & (best >= _CHEAP * price * of_choice) & (best > 0)
    return np.flatnonzero(near[which] & (worth > 0))


def _price(problem: Problem, worth: NDArray[np.float64], time: NDArray[np.float64]) -> float:
    """What a second must bring so that the best way of each field fills the telescope time."""
    n = int(problem.pointing.max(initial=-1)) + 1
    available = min(float(problem.dark.total.sum()), problem.budget)
    low, high = 0.0, float((worth / time).max(initial=0.0))
    for _ in range(_HALVINGS):
        price = (low + high) / 2
        best = _best_of_each(problem.pointing, worth - price * time, n)
        taken = best[worth[best] - price * time[best] > 0]
        low, high = (price, high) if time[taken].sum() > available else (low, price)
    return high


def _best_of_each(
    pointing: NDArray[np.int64], value: NDArray[np.float64], n: int
) -> NDArray[np.int64]:
    """Index of the greatest value of each pointing that has one."""
    order = np.lexsort((value, pointing))
    last = np.searchsorted(pointing[order], np.arange(n), side="right") - 1
    present = np.isin(np.arange(n), pointing)
    return order[last[present]]


def _reduced(problem: Problem, kept: NDArray[np.int64]) -> Problem:
    """The problem with some of its ways only."""
    ways = problem.ways
    assert ways is not None
    atoms = problem.atoms
    way, rank = expand(atoms.field_start[kept + 1] - atoms.field_start[kept])
    atom = atoms.atom[atoms.field_start[kept][way] + rank]
    by_atom = np.lexsort((way, atom))
    n = len(atoms.probability)
    few = replace(
        atoms,
        field=way[by_atom],
        start=np.searchsorted(atom[by_atom], np.arange(n + 1)),
        atom=atom,
        field_start=np.searchsorted(way, np.arange(len(kept) + 1)),
    )
    return replace(
        problem,
        field_id=problem.field_id[kept],
        coord=problem.coord[kept],
        positions=problem.positions[kept],
        visible=problem.visible.of(kept),
        atoms=few,
        earliest_revisit=problem.earliest_revisit[kept],
        ways=replace(ways, pointing=ways.pointing[kept], exposure_scale=ways.exposure_scale[kept]),
    )

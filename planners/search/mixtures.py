"""Structures for all that is wanted: where some places want fewer visits than others.

Executed exposures leave atoms that want one visit more beside others that want all. Rounds of
each kind are tried, and a series of the one followed by a series of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, permutations, zip_longest

import numpy as np

from planners.problem.problem import Problem
from planners.problem.visit_options import VisitOptions
from planners.search.block_layouts import BlockLayout, BlockLayoutBuilder, Step
from planners.search.short_layouts import ShortLayouts

_PARTS = (0.5, 0.3, 0.7)
"""Of each window, that the first series takes."""

_KINDS = 3
"""Kinds of rounds that are tried, those that most of the probability wants."""


def builders(problem: Problem, step: Step) -> list[BlockLayoutBuilder]:
    """One for each kind of round, that which most of the probability wants first."""
    weight = np.bincount(
        problem.atoms.need, problem.atoms.probability, minlength=len(problem.needs)
    )
    kinds = [k for k in np.argsort(-weight, kind="stable") if problem.needs[k]]
    return [BlockLayoutBuilder(problem, step, problem.needs[k]) for k in kinds[:_KINDS]]


def layouts(kinds: list[BlockLayoutBuilder], visit_options: VisitOptions) -> Iterator[BlockLayout]:
    """Structures worth trying, the likeliest first, none twice."""
    seen = set()
    for layout in chain(ShortLayouts(visit_options, kinds[0]).candidates(), _candidates(kinds)):
        if layout and layout not in seen:
            seen.add(layout)
            yield layout


def _candidates(kinds: list[BlockLayoutBuilder]) -> Iterator[BlockLayout]:
    if len(kinds) > 1 and kinds[0].problem.request.blocks is None:
        for kind in kinds:
            yield next(kind.candidates(), ())
        yield from _mixed(kinds)
    yield from chain.from_iterable(
        zip_longest(*(kind.candidates() for kind in kinds), fillvalue=())
    )


def _mixed(kinds: list[BlockLayoutBuilder]) -> Iterator[BlockLayout]:
    """A series of one kind of rounds in each window, then one of another."""
    for part in _PARTS:
        for first, second in permutations(kinds, 2):
            filter_blocks: BlockLayout = ()
            for begin, end in first.windows:
                middle = begin + part * (end - begin)
                filter_blocks += first.filtered(
                    first.even(begin, middle, 1.0), _mounted(filter_blocks)
                )
                filter_blocks += second.filtered(
                    second.even(middle, end, 1.0), _mounted(filter_blocks)
                )
            yield filter_blocks


def _mounted(filter_blocks: BlockLayout) -> str | None:
    return filter_blocks[-1].filters[-1] if filter_blocks else None

"""How early a night's plan covers what it covers: three planners on every map, in two seasons.

`covers most` is the optimal planner for a night that is never interrupted, `early` the same as it
plans by default. A plan `falls short` of greedy at the quarter of an hour at which it has covered
least beside it, over what it covers in the end.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from astropy import units as u
from astropy.time import Time
from numpy.typing import NDArray

from benchmarks.maps import fifty_maps
from planners import greedy
from planners.optimum.budget_search import best_shots
from planners.problem.build import build_problem
from planners.problem.finish_times import covered_at, expected_probability, finish_times
from planners.search.bound import expected_bound, upper_bound
from planners.skymaps.skymap import SkyMap
from telescopes import ZTF, ObservingRequest

SEASONS = {"winter": "2026-11-28T01:00", "summer": "2026-06-05T03:00"}
HOURS = (0.25, 0.5, 1, 2, 4, 13)
NOTHING = 3e-3
"""Where greedy covers less in the end there is nothing to compare."""

NEVER = 0 / u.h


def request_of(start: str) -> ObservingRequest:
    """A whole night, g and r."""
    return ObservingRequest(
        start=Time(start),
        end=Time(start) + 13 * u.h,
        filters=("g", "r"),
        exposure_time={"g": 30 * u.s, "r": 30 * u.s},
    )


def compared(skymap: SkyMap, start: str) -> NDArray[np.float64] | None:
    """A row for each planner: coverage at `HOURS`, expected value, shortfall and two shares.

    Shape (3, len(HOURS) + 4); None where there is nothing to plan. The shares are those of the
    bounds of what is covered in the end and of the expected value.
    """
    request = request_of(start)
    problem = build_problem(skymap, ZTF, request)
    patient = replace(problem, request=replace(request, interruption_rate=NEVER))
    if len(problem.dark.start) == 0:
        return None
    begin, end = float(problem.dark.start.min()), float(problem.dark.end.max())
    quarters = np.arange(begin, end + 900, 900.0)
    limit = upper_bound(problem)
    plans = (greedy.shots_of(problem), best_shots(patient))
    finishes = [finish_times(problem, shots) for shots in plans]
    finishes.append(finish_times(problem, best_shots(problem)))
    by_greedy = covered_at(problem, finishes[0], quarters)
    if by_greedy[-1] < NOTHING:
        return None
    expected_limit = expected_bound(problem)
    rows = []
    for finish in finishes:
        at = covered_at(problem, finish, quarters)
        hours = covered_at(
            problem, finish, np.minimum(begin + 3600 * np.array(HOURS), quarters[-1])
        )
        expected = expected_probability(problem, finish)
        behind = float((by_greedy - at).max()) / at[-1]
        rows.append([*hours, expected, behind, at[-1] / limit, expected / expected_limit])
    return np.array(rows)


def main() -> None:
    """Print one table, and the worst cases."""
    warnings.simplefilter("ignore")
    names, rows = [], []
    for name, skymap in fifty_maps():
        for season, start in SEASONS.items():
            row = compared(skymap, start)
            if row is not None:
                names.append(f"{name}, {season}")
                rows.append(row)
    table = np.array(rows)
    print(f"{len(rows)} nights: coverage in g and r, mean, %")
    print(f"{'planner':14s}" + "".join(f"{hours:>7g} h" for hours in HOURS) + "  expected")
    for name, mean in zip(("greedy", "covers most", "early"), table.mean(axis=0), strict=True):
        print(f"{name:14s}" + "".join(f"{100 * value:9.2f}" for value in mean[: len(HOURS) + 1]))
    for index, name in ((1, "covers most"), (2, "early")):
        short, share, worth = np.moveaxis(table[:, index, -3:], -1, 0)
        worst = int(np.argmax(short))
        print(
            f"{name}: falls short of greedy by {short.mean():.1%} on average, {short[worst]:.1%} at"
            f" most ({names[worst]}); in the end {share.mean():.2%} of the bound on average,"
            f" {share.min():.2%} at the worst; expected value {worth.mean():.1%} and"
            f" {worth.min():.1%} of its bound"
        )


if __name__ == "__main__":
    main()

"""Budgets of telescope time: how long plans take, how near the bound, and what 1 % is worth.

Twenty maps, six budgets, one night of ZTF in g and r. Processor time includes the preparation of
the problem, and no imports. The curve is worked out once a map.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from itertools import islice

import numpy as np
from astropy import units as u
from astropy.time import Time

from benchmarks.maps import fifty_maps
from planners import plan, probability_curve
from planners.skymaps.skymap import SkyMap
from telescopes import ObservingRequest
from telescopes.observing_plan import ObservingPlan

MAPS = 20
BUDGETS = (10, 20, 60, 120, 180, 360)
"""min."""

NOTHING = 0.01
"""Where no plan covers more there is nothing to compare."""

NIGHT = ObservingRequest(
    start=Time("2026-11-28T01:00"),
    end=Time("2026-11-28T14:00"),
    filters=("g", "r"),
    exposure_time={"g": 30 * u.s, "r": 30 * u.s},
)


def timed(skymap: SkyMap, request: ObservingRequest) -> tuple[ObservingPlan, float]:
    """A plan, and the processor time that it took, s."""
    begun = time.process_time()
    return plan(skymap, "ZTF", request), time.process_time() - begun


def line(name: str, rows: list[tuple[float, float]]) -> str:
    """Gap and time of several plans: mean and worst."""
    gaps, seconds = np.array(rows).T
    return (
        f"{name:28s} {len(rows):4d}{gaps.mean():10.2%}{gaps.max():10.2%}"
        f"{seconds.mean():10.2f} s{seconds.max():9.2f} s"
    )


def main() -> None:
    """Print a table of budgets, of plans that stop, and of curves."""
    warnings.simplefilter("ignore")
    by_budget: dict[str, list[tuple[float, float]]] = {}
    stopped, curves, falls = [], [], 0
    for name, skymap in islice(fifty_maps(), MAPS):
        whole, seconds = timed(skymap, NIGHT)
        if whole.statistics["probability_all_filters"] < NOTHING:
            continue
        requests = {"the whole night": NIGHT} | {
            f"{minutes} min": replace(NIGHT, maximum_time=minutes * u.min) for minutes in BUDGETS
        }
        requests["until 10 min add 1 %"] = replace(NIGHT, minimum_gain=0.06 / u.h)
        target = 0.9 * whole.statistics["probability_all_filters"]
        requests["90 % of the whole night's"] = replace(NIGHT, target_probability=target)
        for what, request in requests.items():
            made, seconds = (whole, seconds) if request is NIGHT else timed(skymap, request)
            row = made.statistics["optimality_gap"], seconds
            by_budget.setdefault(what, []).append(row)
            if request.minimum_gain is not None:
                stopped.append((made, whole, name))
        begun = time.process_time()
        curve = probability_curve(skymap, "ZTF", NIGHT)
        curves.append(time.process_time() - begun)
        assert curve is not None
        falls += int(np.any(np.diff(curve.probability_all_filters) < 0))
    print(f"{'':28s} maps  mean gap     worst  mean time    worst")
    for what, rows in by_budget.items():
        print(line(what, rows))
    print(
        f"curve of 15 budgets: {np.mean(curves):.2f} s, {np.max(curves):.2f} s at most; it falls"
        f" on {falls} of {len(curves)} maps"
    )
    hours = np.array(
        [[made.statistics["total_time"] / 3600 for made in row[:2]] for row in stopped]
    )
    covered = np.array(
        [[made.statistics["probability_all_filters"] for made in row[:2]] for row in stopped]
    )
    print(
        f"stopped where 10 minutes add less than 1 %: {hours[:, 0].mean():.2f} h of"
        f" {hours[:, 1].mean():.2f} h, {covered[:, 0].mean():.1%} of {covered[:, 1].mean():.1%}"
    )


if __name__ == "__main__":
    main()

"""Planners side by side: time, probability, gap, memory; how near the bound; how they scale.

Imports and the reading of maps are excluded everywhere. gwemopt is the real package, run by our
adapter; it starts a process of its own, and what it takes to import is taken off its time.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
from astropy import units as u
from astropy.time import Time

from benchmarks.maps import CORPUS, corpus_maps, fifty_maps, peak_memory
from planners.comparison.gwemopt_planner import GwemoptFailed
from planners.registry import PLANNERS
from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap
from telescopes import TELESCOPES
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import FieldGrid, Telescope

NIGHT = Time("2026-11-25T01:00:00", scale="utc")
"""Before the darkness of Palomar in winter."""

EVENTS = {
    "small: S190814bv": "gw/S190814bv_5_LALInference.v1.fits.gz",
    "medium: bns_00507deg2": "simulated/bns_00507deg2_10102.multiorder.fits",
    "large: S190425z": "gw/S190425z_bayestar.fits.gz",
}
PATIENCE = float(os.environ.get("TOO_BENCH_GWEMOPT", "240"))
"""gwemopt is stopped after this, s."""

BAR = 40


def request_for(telescope: Telescope, start: Time = NIGHT, hours: float = 13) -> ObservingRequest:
    """A night in two filters; `start` is as at Palomar, wherever the telescope is."""
    eastward = telescope.site.location.lon - TELESCOPES["ZTF"].site.location.lon
    start = start - eastward.wrap_at(180 * u.deg).to_value(u.hourangle) * u.hour
    filters = telescope.default_filters[:2]
    times = dict.fromkeys(filters, telescope.exposure_time)
    return ObservingRequest(start, start + hours * u.hour, filters, times)


def _planned(data: bytes, planner: str, telescope: str, pipe: Any) -> None:
    chosen = TELESCOPES[telescope]
    request = request_for(chosen)
    if planner == "gwemopt":
        request = replace(request, time_limit=PATIENCE * u.s)
    skymap = read_skymap(data)
    begun = time.perf_counter()
    try:
        figures: dict[str, Any] = dict(PLANNERS[planner](skymap, chosen, request).statistics)
    except GwemoptFailed as err:
        figures = {"failed": str(err)}
    pipe.send({**figures, "spent": time.perf_counter() - begun, "memory": peak_memory()})


def plan_alone(data: bytes, planner: str, telescope: str = "ZTF") -> dict[str, Any]:
    """Figures of one plan, made in a fresh process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_planned, args=(data, planner, telescope, there))
    child.start()
    figures: dict[str, Any] = here.recv()
    child.join()
    return figures


def gwemopt_import() -> float:
    """Time that gwemopt's process takes to import it, s."""
    begun = time.perf_counter()
    program = "import gwemopt.coverage, gwemopt.run"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False, timeout=120)
    return time.perf_counter() - begun


def report_side_by_side() -> None:
    importing = gwemopt_import()
    print(f"{'13 h, g and r, ZTF':24s}{'planner':>9s}{'time':>9s}{'memory':>10s}", end="")
    print(f"{'all visits':>12s}{'once':>8s}{'bound':>8s}{'gap':>8s}")
    for name, file in EVENTS.items():
        path = CORPUS / "skymaps" / file
        if not path.is_file():
            print(f"{name:24s} no corpus at {CORPUS}")
            continue
        for planner in ("optimal", "greedy", "gwemopt"):
            figures = plan_alone(path.read_bytes(), planner)
            away = importing if planner == "gwemopt" else 0.0
            line = f"{name:24s}{planner:>9s}{figures['spent'] - away:7.2f} s"
            line += f"{figures['memory']:6.0f} MiB"
            if "failed" in figures:
                print(f"{line}  {figures['failed']}")
                continue
            line += f"{figures['probability_all_filters']:12.4f}{figures['probability']:8.4f}"
            if figures["upper_bound"] is not None:
                line += f"{figures['upper_bound']:8.4f}{figures['optimality_gap']:8.2%}"
            print(line, flush=True)


def report_nearness() -> None:
    """How near the bound the optimal planner comes, and how far ahead of greedy it is."""
    nights = {"winter": NIGHT, "summer": Time("2026-06-21T03:00:00", scale="utc")}
    shares, ahead, spent, worst = [], [], [], (1.0, "")
    for name, skymap in fifty_maps():
        for season, start in nights.items():
            request = request_for(TELESCOPES["ZTF"], start)
            begun = time.perf_counter()
            statistics = PLANNERS["optimal"](skymap, TELESCOPES["ZTF"], request).statistics
            spent.append(time.perf_counter() - begun)
            greedy = PLANNERS["greedy"](skymap, TELESCOPES["ZTF"], request).statistics
            covered, bound = statistics["probability_all_filters"], statistics["upper_bound"]
            assert greedy["probability_all_filters"] <= covered + 1e-9, name
            if bound < 1e-3:
                # The map is below the horizon.
                continue
            shares.append(covered / bound)
            ahead.append(covered - greedy["probability_all_filters"])
            worst = min(worst, (shares[-1], f"{name}, {season}"))
    print(
        f"\n50 maps in winter and summer, {len(shares)} of them up: covered probability over the "
        f"bound {np.mean(shares):.2%} on average, {worst[0]:.2%} at the worst ({worst[1]}); "
        f"ahead of greedy by {np.mean(ahead):.2%} on average, {np.max(ahead):.2%} at most; "
        f"time {np.median(spent):.2f} s median, {np.max(spent):.2f} s at most"
    )


def _thinned(telescope: Telescope, part: float) -> Telescope:
    """The same telescope with a part of its fields, as if its grid were coarser."""
    grid = telescope.read_grid()
    kept = np.flatnonzero(np.random.default_rng(1).random(len(grid.field_id)) < part)
    fewer = FieldGrid(grid.field_id[kept], grid.coord[kept], grid.is_primary[kept])
    return replace(telescope, read_grid=lambda: fewer)


def _timed(skymap: SkyMap, telescope: Telescope) -> tuple[float, dict[str, Any]]:
    request = request_for(telescope)
    begun = time.perf_counter()
    figures = dict(PLANNERS["optimal"](skymap, telescope, request).statistics)
    return time.perf_counter() - begun, figures


def _print_growth(rows: list[tuple[str, float, dict[str, Any]]]) -> None:
    longest = max(spent for _, spent, _ in rows)
    for label, spent, figures in rows:
        bar = "#" * max(round(BAR * spent / longest), 1)
        print(f"{label:48s}{spent:7.2f} s  gap {figures['optimality_gap']:7.2%}  {bar}")


def report_growth() -> None:
    """Time against the number of fields, and against the area of the map."""
    region = circle_skymap(60 * u.deg, 10 * u.deg, 17.84 * u.deg, 0.9)
    print("\noptimal, 1000 deg2, growth with the fields of the grid")
    rows = []
    for name in ("ZTF", "DECam", "GROWTH-India"):
        whole = TELESCOPES[name]
        for part in (0.25, 0.5, 1.0):
            telescope = whole if part == 1 else _thinned(whole, part)
            telescope.read_grid()
            spent, figures = _timed(region, telescope)
            fields = len(telescope.read_grid().field_id)
            rows.append((f"{name}, {fields} fields", spent, figures))
    _print_growth(rows)
    for name in ("ZTF", "DECam", "GROWTH-India"):
        print(f"\noptimal, {name}, growth with the area of the 90 % region")
        rows = []
        for radius in (1, 3, 10, 17.84, 30, 60, 150):
            skymap = circle_skymap(60 * u.deg, 10 * u.deg, radius * u.deg, 0.9)
            spent, figures = _timed(skymap, TELESCOPES[name])
            area = skymap.area(0.9).to_value(u.deg**2)
            rows.append((f"{area:.0f} deg2", spent, figures))
        _print_growth(rows)


def main() -> None:
    report_side_by_side()
    report_nearness()
    report_growth()


if __name__ == "__main__":
    if not any(True for _ in corpus_maps()):
        print(f"no corpus at {CORPUS}: only our own maps are used")
    main()

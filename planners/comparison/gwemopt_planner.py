"""The gwemopt planner: the plan that gwemopt makes, put on our clock, to compare with.

The real package runs in a process of its own, because importing it makes folders in the home
directory, changes global state and takes seconds. It gets our telescope's facts, grid and dark
time. Its exposures are then kept in its order, each as soon as our rules and the robot's true
overheads allow; what they do not allow is left out.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.time import Time

from planners.child_process import run_child
from planners.comparison.gwemopt_files import NAME, ORDER, config, tessellation, write_map
from planners.comparison.our_clock import Planned, on_our_clock
from planners.problem.assemble import assemble
from planners.problem.build import build_problem, dark_time
from planners.problem.problem import Problem
from planners.problem.requests import check_request, fields_of
from planners.search.budgets import worthwhile
from planners.skymaps.skymap import SkyMap
from planners.stopping import stoppable_map
from planners.visibility.local_sky import LocalSky
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import Telescope

_MAX_LENGTH = 120.0
"""It is given no more time than this, s, unless the request says."""


@dataclass(frozen=True)
class Configuration:
    """One of the ways in which gwemopt can be asked."""

    name: str
    """In words."""

    options: tuple[str, ...] = ()
    """Of its command line, after those that the request gives."""

    changes_filters_for_free: bool = False
    """Whether it is told that another filter costs no time.

    Field by field it otherwise reckons with another filter before every exposure.
    """


CONFIGURATIONS = (
    Configuration("blocks of filters", ("--doAlternatingFilters",)),
    Configuration("field by field"),
)
"""Its two ways to deal with filters, as they come."""

_PROGRAM = """
import json, sys
from pathlib import Path
from astropy.utils import iers
iers.conf.auto_download = False
iers.conf.auto_max_age = None
import matplotlib
matplotlib.use("Agg")
import gwemopt.params
folder = Path(sys.argv[1])
gwemopt.params.CONFIG_DIR = folder
gwemopt.params.TESSELATION_DIR = folder
from gwemopt.run import run
run(json.loads((folder / "arguments.json").read_text()))
"""


class GwemoptFailed(RuntimeError):
    """gwemopt made no plan; the message is the last that it said."""


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Let gwemopt plan, by its greedy scheduler, and keep what can be kept.

    Where several visits are requested it plans twice at once, in blocks of filters and field by
    field, and the better plan counts. Exposures that our rules forbid at their time, as gwemopt
    does not know where the telescope may not point, are left out or put off, whichever is better.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    GwemoptFailed
        If gwemopt ends with an error, or takes longer than the request allows.
    Stopped
        If the caller wants no plan any more.
    """
    ways = CONFIGURATIONS if len(request.filters) > 1 else CONFIGURATIONS[:1]
    return best_plan(skymap, telescope, request, ways)


def best_plan(
    skymap: SkyMap,
    telescope: Telescope,
    request: ObservingRequest,
    ways: Sequence[Configuration],
) -> ObservingPlan:
    """As `plan`, of several configurations, which run at once."""
    begun = time.perf_counter()
    check_request(telescope, request)
    with tempfile.TemporaryDirectory(prefix="gwemopt-") as folder:
        folders = [Path(folder) / str(k) for k in range(len(ways))]
        schedules = stoppable_map(
            lambda is_stopped, *each: _scheduled(skymap, telescope, request, is_stopped, *each),
            folders,
            ways,
        )
    # What is planned here is judged as every other plan is: by the whole problem, whose fields
    # and cells are those of our own planners, and not by the fields that gwemopt chose.
    visited = {field for schedule in schedules for field, _, _ in schedule}
    problem = build_problem(skymap, telescope, request, visited)
    laid = [_kept(problem, each, puts_off=late) for each in schedules for late in (False, True)]
    observing_plan, lost = max(laid, key=_worth)
    seconds = time.perf_counter() - begun
    observing_plan = replace(
        observing_plan, statistics={**observing_plan.statistics, "solve_time": seconds}
    )
    if lost == 0:
        return observing_plan
    return replace(
        observing_plan,
        remark=f"{lost} more of gwemopt's exposures are repeats, or break a rule with the true "
        "overheads.",
    )


def _kept(
    problem: Problem, schedule: Sequence[Planned], *, puts_off: bool
) -> tuple[ObservingPlan, int]:
    """A plan of what can be kept of a schedule, and how many exposures cannot."""
    scheduled_exposures = on_our_clock(problem, schedule, puts_off=puts_off)
    worth = worthwhile(problem, scheduled_exposures)
    plan = assemble(problem, "gwemopt", worth, time.perf_counter())
    return plan, len(schedule) - len(scheduled_exposures)


def _worth(kept: tuple[ObservingPlan, int]) -> tuple[float, float]:
    figures = kept[0].statistics
    return figures["probability_all_filters"], figures["probability"]


def _scheduled(  # noqa: PLR0913, PLR0917 - bound to all but the last two
    skymap: SkyMap,
    telescope: Telescope,
    request: ObservingRequest,
    is_stopped: Callable[[], bool],
    folder: Path,
    way: Configuration,
) -> list[Planned]:
    """What gwemopt plans in one of its ways, in the order of time."""
    folder.mkdir()
    facts = config(telescope, with_filter_exchange=not way.changes_filters_for_free)
    (folder / f"{NAME}.config").write_text(facts, encoding="ascii")
    (folder / f"{NAME}.tess").write_text(
        tessellation(fields_of(telescope, request)), encoding="ascii"
    )
    write_map(skymap, folder / "map.fits", request)
    arguments = _arguments(folder, telescope, request) + list(way.options)
    (folder / "arguments.json").write_text(json.dumps(arguments), encoding="ascii")
    _run(folder, request, is_stopped)
    path = folder / "out" / f"schedule_{NAME}.dat"
    if not path.exists():
        return []
    rows = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    planned = [(int(row[0]), row[8], Time(float(row[3]), format="mjd")) for row in rows]
    return sorted(planned, key=lambda exposure: exposure[2].mjd)


def _run(folder: Path, request: ObservingRequest, is_stopped: Callable[[], bool]) -> None:
    limit = _MAX_LENGTH if request.time_limit is None else float(request.time_limit.to_value(u.s))
    home = folder / "home"
    home.mkdir()
    # Everything that it or its libraries would put into the home directory goes there.
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    environment |= {"XDG_CONFIG_HOME": str(home / "config"), "MPLCONFIGDIR": str(home / "mpl")}
    try:
        done = run_child(_PROGRAM, folder, environment, limit, is_stopped)
    except TimeoutError:
        raise GwemoptFailed(f"gwemopt did not finish within {limit:.0f} s") from None
    if done.code != 0:
        raise GwemoptFailed(f"gwemopt failed: {done.reason}")


def _arguments(folder: Path, telescope: Telescope, request: ObservingRequest) -> list[str]:
    sky = LocalSky(telescope.site, request.start, request.end)
    dark = dark_time(sky, request)
    pieces = np.stack([dark.start, dark.end], axis=1).ravel() / 86400
    times = [str(request.exposure_time[name].to_value(u.s)) for name in request.filters]
    arguments = ["--event", str(folder / "map.fits"), "--outputDir", str(folder / "out")]
    arguments += ["--telescopes", NAME]
    arguments += ["--gpstime", str(request.start.gps), "--Tobs", ",".join(map(str, pieces))]
    arguments += ["--doTiles", "--tilesType", "moc", "--doSchedule", "--scheduleType", "greedy"]
    arguments += ["--timeallocationType", "powerlaw", "--geometry", "2d"]
    arguments += ["--filters", ",".join(request.filters), "--exposuretimes", ",".join(times)]
    arguments += ["--airmass", str(request.airmass_limit), "--nside", str(1 << ORDER)]
    arguments += ["--mindiff", str(request.minimum_gap.to_value(u.s))]
    arguments += ["--doSingleExposure"]
    if request.maximum_fields is not None:
        arguments += ["--max_nb_tiles", str(request.maximum_fields)]
    return arguments

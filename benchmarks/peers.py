"""Other people's planners, each in several configurations, judged by one independent checker.

gwemopt is the real package, run by our adapter. It knows neither the robot's overheads nor where
ZTF may not point, so that its schedule as it stands breaks rules: what is judged is its fields and
filters in its order, begun as soon as the rules allow. The checker is that of the tests, which
shares no code with any planner; the probability is that of ZTF's detectors, chip gaps and all.
Processor time is that of the planning and all its processes, less what importing gwemopt takes.

What is not run here, with the versions of November 2026, and why:

- gwemopt's `weighted` schedule fails with an IndexError where a field has a higher number than
  there are fields, as ZTF's have. Its integer program (`--solverType milp`, with `pulp`) fails:
  "Cannot multiply variables with NaN/inf values". Its `airmass_weighted` schedule, with `ortools`,
  covers 91.1 % of S190814bv in both filters. It requires neither package.
- tilepy 3.0.8 knows neither fields nor filters: it chooses round pointings anywhere, which ZTF does
  not take, and it fetches an ephemeris from JPL when it plans. By hand, with another ephemeris in
  its place, its 13 pointings for S190814bv took 47 s of processor; the nearest fields, observed in
  both filters as above, cover 96.7 %.
- m4opt 2.3.1 cannot be imported with the typer that it installs, nor without a network: it asks a
  server for the places of observatories. Its only solver is CPLEX, whose edition from the package
  index takes 1000 variables and 1000 constraints; two visits to the 50 fields that it considers of
  ZTF, on a map of 131 deg2, are 32978 and 33078, at NSIDE 32 still 19818 and 19918. HiGHS takes
  the model that it writes once the SOS constraints are binary variables: for S190814bv, NSIDE 128,
  the optimum is 80.7 % in two visits by its own count. That is its model, not a plan judged here.
"""

import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from astropy import units as u

from benchmarks.maps import CORPUS
from benchmarks.planners import request_for
from planners import optimal
from planners.comparison.gwemopt_planner import (
    CONFIGURATIONS,
    Configuration,
    GwemoptFailed,
    best_plan,
)
from planners.skymaps.files import read_skymap
from telescopes import ZTF
from telescopes.observing_plan import ObservingPlan
from tests.planners.checker import violations

MAPS = (
    "gw/S190814bv_5_LALInference.v1.fits.gz",
    "simulated/nsbh_00191deg2_10109.multiorder.fits",
    "simulated/bns_00414deg2_10100.multiorder.fits",
    "simulated/bns_00507deg2_10102.multiorder.fits",
    "gw/MS220722v_bayestar.multiorder.fits",
    "gw/S190425z_bayestar.fits.gz",
)
"""Of 23 to 10 000 deg2, of which Palomar sees a good part that night."""


EACH_WAY = (
    *CONFIGURATIONS,
    Configuration("blocks, balanced", ("--doAlternatingFilters", "--doBalanceExposure")),
    Configuration("blocks of 40 fields", ("--doAlternatingFilters", "--max_nb_tiles", "40")),
    Configuration("blocks of 80 fields", ("--doAlternatingFilters", "--max_nb_tiles", "80")),
    Configuration("field by field, balanced", ("--doBalanceExposure",)),
    Configuration(
        "field by field, balanced, near first",
        ("--doBalanceExposure", "--scheduleType", "greedy_slew"),
    ),
    Configuration(
        "field by field, balanced, rare chances first",
        ("--doBalanceExposure", "--scheduleType", "sear")
    ),
    Configuration(
        "field by field, balanced, filters free", ("--doBalanceExposure",),
        changes_filters_for_free=True,
    ),
    Configuration(
        "field by field, balanced, near first, filters free",
        ("--doBalanceExposure", "--scheduleType", "greedy_slew"), changes_filters_for_free=True,
    ),
)  # fmt: skip
"""gwemopt's: filters in blocks or field by field; which is next; only fields that get both."""

PATIENCE = 240 * u.s
"""After which one is stopped."""


@dataclass(frozen=True)
class Judged:
    """What one plan came to."""

    name: str
    both: float
    """Probability covered in both filters."""

    once: float
    faults: int
    exposures: int
    processor: float
    """s."""

    failure: str = ""

    def __str__(self) -> str:
        line = f"   {self.name:64s}{self.processor:8.1f} s"
        if self.failure:
            return f"{line}   {self.failure}"
        kept = "feasible" if self.faults == 0 else f"{self.faults} faults"
        return f"{line}{self.both:9.2%}{self.once:9.2%}{self.exposures:6d}  {kept}"


def _spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def judged(name: str, make: Callable[[], ObservingPlan], importing: float = 0.0) -> Judged:
    """Make a plan and judge it; `importing` is taken off its time, s."""
    begun = _spent()
    try:
        made = make()
    except GwemoptFailed as err:
        return Judged(name, 0, 0, 0, 0, _spent() - begun - importing, str(err))
    spent = _spent() - begun - importing
    figures = made.statistics
    return Judged(
        name,
        figures["probability_all_filters"],
        figures["probability"],
        len(violations(made, ZTF)),
        len(made.exposures),
        spent,
    )


def import_time() -> float:
    """Processor time of importing gwemopt, s."""
    begun = _spent()
    program = "import gwemopt.coverage, gwemopt.run"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False, timeout=120)
    return _spent() - begun


def report() -> None:
    importing = import_time()
    request = request_for(ZTF)
    patient = replace(request, time_limit=PATIENCE)
    print(f"{'13 h, g and r, ZTF':67s}{'processor':>10s}{'both':>9s}{'once':>9s}  exposures")
    for file in MAPS:
        path = CORPUS / "skymaps" / file
        if not path.is_file():
            print(f"{file}: no corpus at {CORPUS}")
            continue
        skymap = read_skymap(path.read_bytes())
        print(f"{path.name}, {skymap.area(0.9).to_value(u.deg**2):.0f} deg2", flush=True)
        ours = judged("too-marshal, optimal", partial(optimal.plan, skymap, ZTF, request))
        print(ours, flush=True)
        theirs = []
        for way in EACH_WAY:
            make = partial(best_plan, skymap, ZTF, patient, [way])
            theirs.append(judged(f"gwemopt, {way.name}", make, importing))
            print(theirs[-1], flush=True)
        best = max(theirs, key=lambda each: (each.faults == 0, each.both))
        print(f"   best of gwemopt: {best.name}, {best.both:.2%}; ours {ours.both:.2%}", flush=True)


def main() -> None:
    report()


if __name__ == "__main__":
    main()

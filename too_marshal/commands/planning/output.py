"""What `too-marshal plan` shows: progress, a table of planners, the plan, a picture."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from astropy import units as u

from planners import JointPlan, probability_curve
from planners.comparison.gwemopt_planner import GwemoptFailed
from planners.files.plan_files import plan_to_json
from planners.problem.requests import RequestInvalid
from planners.registry import PLANNERS
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import Telescope

COMPARED_PLANNERS = ("optimal", "greedy", "gwemopt")
"""Planners that `--compare` runs."""

_PATIENCE = 2.0
"""Time after which a line says that the work goes on, s."""


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say that the work goes on once it has taken a while, and again whenever that doubles."""
    done = threading.Event()

    def report_progress() -> None:
        passed, pause = 0.0, _PATIENCE
        while not done.wait(pause):
            passed += pause
            click.echo(f"{what}: still planning after {passed:.0f} s", err=True)
            pause = passed

    thread = threading.Thread(target=report_progress, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def compare_planners(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> None:
    """Print one line for each of several planners.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    PLANNERS["optimal"].check(telescope, request)
    detects = request.objective == "detection"
    click.echo(
        f"{'planner':10s}{'time':>9s}{'all visits':>12s}{'detected' if detects else 'once':>9s}"
        f"{'bound':>9s}{'gap':>8s}{'exposures':>11s}{'telescope time':>16s}"
    )
    remarks: dict[str, None] = {}
    for planner in COMPARED_PLANNERS:
        try:
            with progress(planner):
                observing_plan = PLANNERS[planner](skymap, telescope, request)
        except (GwemoptFailed, RequestInvalid) as err:
            click.echo(f"{planner:10s}{err}")
            continue
        figures = observing_plan.statistics
        is_detection = figures["detection_probability"] is not None
        reached = figures["detection_probability" if is_detection else "probability"]
        bound = figures["detection_bound" if is_detection else "upper_bound"]
        gap = figures["optimality_gap"]
        click.echo(
            f"{planner:10s}{figures['solve_time']:7.2f} s"
            f"{figures['probability_all_filters']:12.4f}{reached:9.4f}"
            f"{'' if bound is None else f'{bound:.4f}':>9s}"
            f"{'' if gap is None else f'{gap:.1%}':>8s}"
            f"{figures['exposures']:11d}{figures['total_time'] / 3600:14.2f} h"
        )
        if is_detection:
            remarks[f"To be detected is {figures['objective_note']}."] = None
        if bound is not None:
            remarks[f"The bound holds for {figures['bound_holds_for']}."] = None
    for remark in remarks:
        click.echo(remark)


def print_curve(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> None:
    """Print one line for each of several budgets of telescope time."""
    with progress("curve"):
        curve = probability_curve(skymap, telescope, request)
    if curve is None:
        click.echo("Nothing can be observed in the window.")
        return
    click.echo(
        f"{'telescope time':>14s}{'exposures':>11s}"
        f"{'detected' if curve.objective == 'detection' else 'all visits':>12s}"
        f"{'once':>9s}{'bound':>9s}{'10 min more add':>17s}"
    )
    gain = curve.gain.to_value(1 / (10 * u.min))
    for k, minutes in enumerate(curve.telescope_time.to_value(u.min).tolist()):
        adds = f"{100 * gain[k]:.2f} %" if k + 1 < len(gain) else ""
        click.echo(
            f"{minutes:10.1f} min{curve.exposures[k]:11d}{curve.probability_all_filters[k]:12.4f}"
            f"{curve.probability[k]:9.4f}{curve.upper_bound[k]:9.4f}{adds:>17s}"
            f"{'  <- the knee' if k == curve.knee else ''}"
        )


def write(observing_plan: ObservingPlan, output: Path | None) -> None:
    """Print the plan, or write it to a file and say what it amounts to.

    Raises
    ------
    SystemExit
        If the window has no dark time: the plan is then empty whatever the telescope does.
    """
    if output is None:
        click.echo(_text(observing_plan))
    else:
        _store(observing_plan, output)
        figures = observing_plan.statistics
        click.echo(
            f"{figures['exposures']} exposures of {figures['fields']} fields, "
            f"{figures['probability_all_filters']:.1%} of the probability in all visits"
            f"{_detected(observing_plan)}: {output}"
        )
    if observing_plan.remark:
        click.echo(observing_plan.remark, err=True)
    if observing_plan.statistics["dark_time"] == 0:
        # The request could never have been met; whoever waits for a plan must notice.
        raise SystemExit(1)


def _detected(observing_plan: ObservingPlan) -> str:
    """How likely the source is detected, where that was the objective."""
    figures = observing_plan.statistics
    if figures["detection_probability"] is None:
        return ""
    bound = figures["detection_bound"]
    most = "" if bound is None else f" ({bound:.1%} at the most)"
    return f", {figures['detection_probability']:.1%}{most} to detect {figures['objective_note']}"


def _text(observing_plan: ObservingPlan) -> str:
    return json.dumps(plan_to_json(observing_plan), indent=1, allow_nan=False)


def _store(observing_plan: ObservingPlan, path: Path) -> None:
    try:
        path.write_text(_text(observing_plan) + "\n", encoding="utf-8")
    except OSError as err:
        raise click.ClickException(f"cannot write {path}: {err.strerror}") from err


def write_joint(joint: JointPlan, output: Path | None) -> None:
    """Print what each telescope adds, and write a plan for each beside `output`."""
    click.echo(f"{'telescope':14s}{'adds':>8s}{'exposures':>11s}{'telescope time':>16s}")
    for name, each in joint.plans.items():
        figures = each.statistics
        click.echo(
            f"{name:14s}{joint.shares[name]:8.2%}{figures['exposures']:11d}"
            f"{figures['total_time'] / 3600:14.2f} h"
        )
    click.echo(
        f"Together {joint.probability:.2%} in all visits of one telescope or another; "
        f"{joint.separate:.2%} if each planned alone, {joint.upper_bound:.2%} at the most."
    )
    if output is not None:
        for name, each in joint.plans.items():
            path = output.with_stem(f"{output.stem}-{name}")
            _store(each, path)
            click.echo(f"{name}: {path}")


def draw(skymap: SkyMap, telescope: Telescope, observing_plan: ObservingPlan, path: Path) -> None:
    """Draw the map and the fields; the end of the file's name says in which format."""
    # matplotlib takes a second to import, and few plans are drawn.
    from planners.files.plot import plot_plan  # noqa: PLC0415

    try:
        plot_plan(skymap, telescope, observing_plan, path)
    except (OSError, ValueError) as err:
        raise click.ClickException(f"cannot draw {path}: {err}") from err

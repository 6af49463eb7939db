"""`too-marshal plan`: from a sky map to an observing plan, without database or network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from planners import joint_plan
from planners.comparison.gwemopt_planner import GwemoptFailed
from planners.detection.dust import DustMapInvalid
from planners.files.tables import TableInvalid
from planners.problem.requests import RequestInvalid
from planners.registry import PLANNERS
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid
from telescopes import TELESCOPES
from telescopes.telescope import Telescope
from too_marshal.commands.planning.output import (
    compare_planners,
    draw,
    print_curve,
    progress,
    write,
    write_joint,
)
from too_marshal.commands.planning.request import request_of, request_options

EXPECTED = (RequestInvalid, TableInvalid, DustMapInvalid, GwemoptFailed)
"""Errors whose message is a sentence for the person at the terminal."""

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("skymap", type=_FILE)
@click.option(
    "--telescope",
    "names",
    default="ZTF",
    show_default=True,
    help="Which telescope; several apart by commas share the sky.",
)
@click.option(
    "--planner", default="optimal", show_default=True, type=click.Choice(sorted(PLANNERS))
)
@request_options
@click.option("--visits", type=click.IntRange(min=1), help="Go round the filters so often.")
@click.option("--observed", type=_FILE, help="CSV or JSON of exposures that were taken already.")
@click.option("--galaxies", type=_FILE, help="Table of galaxies, for the galaxies planner.")
@click.option("--dust-map", type=_FILE, help="HEALPix map of E(B-V), to detect a source.")
@click.option("--compare", is_flag=True, help="Print a table of several planners instead.")
@click.option("--curve", is_flag=True, help="Print what telescope time buys instead.")
@click.option("--plot", type=_FILE, help="Draw the plan (png, pdf or svg).")
@click.option("--output", type=_FILE, help="Where to write the plan; else it is printed.")
def plan(  # noqa: PLR0913 - the options that are used here; the others make the request
    skymap: Path,
    names: str,
    planner: str,
    output: Path | None,
    plot: Path | None,
    *,
    compare: bool,
    curve: bool,
    **asked: Any,
) -> None:
    """Plan observations of SKYMAP, a FITS sky map (multi-order or flat HEALPix)."""
    telescopes = [_telescope(name.strip()) for name in names.split(",")]
    telescope = telescopes[0]
    try:
        probability = _read(skymap)
        if len(telescopes) > 1:
            _refuse_for_several(compare=compare, curve=curve, plot=plot)
            requests = {each.name: request_of(each, asked) for each in telescopes}
            with progress("joint plan"):
                joint = joint_plan(probability, requests, planner)
            write_joint(joint, output)
            return
        request = request_of(telescope, asked)
        if compare:
            compare_planners(probability, telescope, request)
            return
        if curve:
            PLANNERS["optimal"].check(telescope, request)
            print_curve(probability, telescope, request)
            return
        with progress(planner):
            observing_plan = PLANNERS[planner](probability, telescope, request)
    except EXPECTED as err:
        raise click.ClickException(str(err)) from err
    write(observing_plan, output)
    if plot is not None:
        draw(probability, telescope, observing_plan, plot)


def _refuse_for_several(**options: Any) -> None:
    """Refuse what only a plan of one telescope has."""
    for name, value in options.items():
        if value:
            raise click.ClickException(f"--{name} is for one telescope")


def _telescope(name: str) -> Telescope:
    by_name = {known.upper(): telescope for known, telescope in TELESCOPES.items()}
    if name.upper() not in by_name:
        raise click.ClickException(f"unknown telescope {name!r}: there are {', '.join(TELESCOPES)}")
    return by_name[name.upper()]


def _read(path: Path) -> SkyMap:
    try:
        skymap = read_skymap(path)
    except SkyMapInvalid as err:
        raise click.ClickException(str(err)) from err
    except OSError as err:
        raise click.ClickException(f"cannot read {path}: {err.strerror}") from err
    for flag in skymap.metadata.get("flags", ()):
        click.echo(f"{path}: {flag}", err=True)
    return skymap


if __name__ == "__main__":
    sys.exit(plan())

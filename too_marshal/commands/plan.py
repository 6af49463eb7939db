"""`too-marshal plan`: from a sky map to an observing plan, without database or network."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import click
from astropy import units as u

from planners.gwemopt_planner import GwemoptFailed
from planners.plan_files import plan_to_json
from planners.planners import PLANNERS
from planners.requests import RequestInvalid
from planners.skymap_files import read_skymap
from planners.skymaps import SkyMap, SkyMapInvalid
from planners.tables import TableInvalid, read_exposures, read_galaxies, read_targets
from planners.visibility import TWILIGHTS
from telescopes import TELESCOPES
from telescopes.observing import ObservingPlan, ObservingRequest, Telescope
from too_marshal.commands.quantities import ExposureTimesType, QuantityType, TimeType

EXPECTED = (RequestInvalid, TableInvalid, GwemoptFailed)
"""Errors whose message is a sentence for the person at the terminal."""

COMPARED = ("optimal", "greedy", "gwemopt")
"""Planners that `--compare` runs."""

_PATIENCE = 2.0
"""Time after which a line says that the work goes on, s."""


class _SunAltitude(QuantityType):
    """An altitude, or the name of a twilight."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value) in TWILIGHTS:
            return TWILIGHTS[str(value)]
        return super().convert(value, param, ctx)


class _Range(click.ParamType[Any]):
    """Two angles: "350,20"."""

    name = "angles"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        if len(parts) != 2:
            self.fail(f"{value!r} is not two angles apart by a comma", param, ctx)
        angle = QuantityType(u.deg)
        return tuple(angle.convert(part.strip(), param, ctx) for part in parts)


_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("skymap", type=_FILE)
@click.option("--telescope", "name", default="ZTF", show_default=True, help="Which telescope.")
@click.option(
    "--planner", default="optimal", show_default=True, type=click.Choice(sorted(PLANNERS))
)
@click.option("--start", required=True, type=TimeType(), help="Nothing begins before (UTC).")
@click.option("--end", required=True, type=TimeType(), help="All has ended by then (UTC).")
@click.option("--filters", help="Comma-separated, one for each visit: g,r or r,r.")
@click.option("--visits", type=click.IntRange(min=1), help="Go round the filters so often.")
@click.option("--blocks", type=click.IntRange(min=1), help="Number of filter blocks.")
@click.option("--exposure-time", type=ExposureTimesType(), help="Seconds, or g=30,r=60.")
@click.option(
    "--minimum-gap", default="30", type=QuantityType(u.min), help="Between two visits, minutes."
)
@click.option("--airmass-limit", default=2.5, show_default=True, type=float)
@click.option(
    "--sun-altitude", default="-18", type=_SunAltitude(u.deg), help="Degrees, or a twilight's name."
)
@click.option(
    "--moon-separation", default="20", type=QuantityType(u.deg), help="At full Moon, degrees."
)
@click.option("--galactic-latitude", type=QuantityType(u.deg), help="Stay off the plane, degrees.")
@click.option("--right-ascension", type=_Range(), help="From, to: 350,20 (degrees).")
@click.option("--maximum-fields", type=int, help="Budget of fields.")
@click.option("--maximum-time", type=QuantityType(u.s), help="Budget of telescope time, seconds.")
@click.option("--exclude", default="", help="Comma-separated fields not to be observed.")
@click.option("--observed", type=_FILE, help="CSV of exposures that were taken already.")
@click.option("--galaxies", type=_FILE, help="Table of galaxies, for the galaxies planner.")
@click.option("--targets", type=_FILE, help="CSV of fields or positions, for the manual planner.")
@click.option("--time-limit", type=QuantityType(u.s), help="Best plan after so many seconds.")
@click.option("--compare", is_flag=True, help="Print a table of several planners instead.")
@click.option("--plot", type=_FILE, help="Draw the plan (png, pdf or svg).")
@click.option("--output", type=_FILE, help="Where to write the plan; else it is printed.")
def plan(  # noqa: PLR0913 - the options that are used here; the others make the request
    skymap: Path,
    name: str,
    planner: str,
    output: Path | None,
    plot: Path | None,
    *,
    compare: bool,
    **asked: Any,
) -> None:
    """Plan observations of SKYMAP, a FITS sky map (multi-order or flat HEALPix)."""
    telescope = _telescope(name)
    try:
        probability = _read(skymap)
        request = request_of(telescope, asked)
        if compare:
            _compare(probability, telescope, request)
            return
        with _progress(planner):
            made = PLANNERS[planner](probability, telescope, request)
    except EXPECTED as err:
        raise click.ClickException(str(err)) from err
    _write(made, output)
    if plot is not None:
        _draw(probability, telescope, made, plot)


def _telescope(name: str) -> Telescope:
    by_name = {known.upper(): telescope for known, telescope in TELESCOPES.items()}
    if name.upper() not in by_name:
        raise click.ClickException(f"unknown telescope {name!r}: there are {', '.join(TELESCOPES)}")
    return by_name[name.upper()]


def request_of(telescope: Telescope, asked: Mapping[str, Any]) -> ObservingRequest:
    """Turn the options of the command into a request.

    Raises
    ------
    RequestInvalid
        If fields are not given as numbers.
    TableInvalid
        If a file that an option names is not what it should be.
    """
    filters = telescope.default_filters
    if asked["filters"]:
        filters = tuple(part.strip() for part in asked["filters"].split(","))
    if asked["visits"] is not None:
        filters = tuple(islice(cycle(filters), asked["visits"]))
    times = asked["exposure_time"]
    if times is None:
        times = telescope.exposure_time
    if not isinstance(times, dict):
        times = dict.fromkeys(filters, times)
    try:
        excluded = frozenset(int(part) for part in asked["exclude"].split(",") if part.strip())
    except ValueError as err:
        raise RequestInvalid(f"fields are numbers: {asked['exclude']!r}") from err
    return ObservingRequest(
        filters=filters,
        exposure_time=times,
        excluded_fields=excluded,
        observed=_table(asked["observed"], lambda path: read_exposures(path, telescope)) or (),
        galaxies=_table(asked["galaxies"], read_galaxies),
        targets=_table(asked["targets"], read_targets) or (),
        **{name: asked[name] for name in _TAKEN_AS_GIVEN},
    )


_TAKEN_AS_GIVEN = (
    "start",
    "end",
    "minimum_gap",
    "airmass_limit",
    "sun_altitude",
    "moon_separation",
    "galactic_latitude",
    "right_ascension",
    "maximum_fields",
    "maximum_time",
    "blocks",
    "time_limit",
)
"""Options that are attributes of the request by the same name."""


def _table(path: Path | None, read: Any) -> Any:
    if path is None:
        return None
    try:
        return read(path)
    except OSError as err:
        raise click.ClickException(f"cannot read {path}: {err.strerror}") from err


def _read(path: Path) -> SkyMap:
    try:
        return read_skymap(path.read_bytes())
    except SkyMapInvalid as err:
        raise click.ClickException(f"{path}: {err}") from err
    except OSError as err:
        raise click.ClickException(f"cannot read {path}: {err.strerror}") from err


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Say that the work goes on once it has taken a while, and again whenever that doubles."""
    done = threading.Event()

    def tell() -> None:
        passed, pause = 0.0, _PATIENCE
        while not done.wait(pause):
            passed += pause
            click.echo(f"{what}: still planning after {passed:.0f} s", err=True)
            pause = passed

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _compare(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> None:
    """Print one line for each of several planners."""
    click.echo(
        f"{'planner':10s}{'time':>9s}{'all visits':>12s}{'once':>9s}"
        f"{'bound':>9s}{'gap':>8s}{'exposures':>11s}{'telescope time':>16s}"
    )
    for planner in COMPARED:
        try:
            with _progress(planner):
                made = PLANNERS[planner](skymap, telescope, request)
        except GwemoptFailed as err:
            click.echo(f"{planner:10s}{err}")
            continue
        figures = made.statistics
        bound, gap = figures["upper_bound"], figures["optimality_gap"]
        click.echo(
            f"{planner:10s}{figures['solve_time']:7.2f} s"
            f"{figures['probability_all_filters']:12.4f}{figures['probability']:9.4f}"
            f"{'' if bound is None else f'{bound:.4f}':>9s}"
            f"{'' if gap is None else f'{gap:.1%}':>8s}"
            f"{figures['exposures']:11d}{figures['total_time'] / 3600:14.2f} h"
        )


def _write(made: ObservingPlan, output: Path | None) -> None:
    text = json.dumps(plan_to_json(made), indent=1, allow_nan=False)
    if output is None:
        click.echo(text)
    else:
        try:
            output.write_text(text + "\n", encoding="utf-8")
        except OSError as err:
            raise click.ClickException(f"cannot write {output}: {err.strerror}") from err
        figures = made.statistics
        click.echo(
            f"{figures['exposures']} exposures of {figures['fields']} fields, "
            f"{figures['probability_all_filters']:.1%} of the probability in all visits: {output}"
        )
    if made.remark:
        click.echo(made.remark, err=True)
    if made.statistics["dark_time"] == 0:
        # The request could never have been met; whoever waits for a plan must notice.
        raise SystemExit(1)


def _draw(skymap: SkyMap, telescope: Telescope, made: ObservingPlan, path: Path) -> None:
    # matplotlib takes a second to import, and few plans are drawn.
    from planners.plot import plot_plan  # noqa: PLC0415

    try:
        plot_plan(skymap, telescope, made, path)
    except (OSError, ValueError) as err:
        raise click.ClickException(f"cannot draw {path}: {err}") from err


if __name__ == "__main__":
    sys.exit(plan())

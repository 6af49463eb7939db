"""`too-marshal plan`: from a sky map to an observing plan, without database or network."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from astropy import units as u
from astropy.time import Time

from planners.plan_files import plan_to_json
from planners.planners import PLANNERS
from planners.requests import RequestInvalid
from planners.skymap_files import read_skymap
from planners.skymaps import SkyMap, SkyMapInvalid
from planners.visibility import TWILIGHTS
from telescopes import TELESCOPES
from telescopes.observing import ObservingPlan, ObservingRequest, Telescope
from too_marshal.commands.quantities import ExposureTimesType, QuantityType, TimeType


class _SunAltitude(QuantityType):
    """An altitude, or the name of a twilight."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value) in TWILIGHTS:
            return TWILIGHTS[str(value)]
        return super().convert(value, param, ctx)


@click.command()
@click.argument("skymap", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--telescope", "name", default="ZTF", show_default=True, help="Which telescope.")
@click.option("--planner", default="greedy", show_default=True, type=click.Choice(sorted(PLANNERS)))
@click.option("--start", required=True, type=TimeType(), help="Nothing begins before (UTC).")
@click.option("--end", required=True, type=TimeType(), help="All has ended by then (UTC).")
@click.option("--filters", help="Comma-separated, one for each visit: g,r or r,r.")
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
@click.option("--maximum-fields", type=int, help="Budget of fields.")
@click.option("--maximum-time", type=QuantityType(u.s), help="Budget of telescope time, seconds.")
@click.option("--exclude", default="", help="Comma-separated fields not to be observed.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it; else it is printed.",
)
def plan(skymap: Path, name: str, planner: str, output: Path | None, **asked: Any) -> None:
    """Plan observations of SKYMAP, a FITS sky map (multi-order or flat HEALPix)."""
    telescope = _telescope(name)
    try:
        request = request_of(telescope, asked)
        made = PLANNERS[planner](_read(skymap), telescope, request)
    except (RequestInvalid, SkyMapInvalid) as err:
        raise click.ClickException(str(err)) from err
    _write(made, output)


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
    """
    filters = asked["filters"]
    wanted = (
        tuple(part.strip() for part in filters.split(",")) if filters else telescope.default_filters
    )
    times = asked["exposure_time"]
    if times is None:
        times = telescope.exposure_time
    if not isinstance(times, dict):
        times = dict.fromkeys(wanted, times)
    try:
        excluded = frozenset(int(part) for part in asked["exclude"].split(",") if part.strip())
    except ValueError as err:
        raise RequestInvalid(f"fields are numbers: {asked['exclude']!r}") from err
    start: Time = asked["start"]
    return ObservingRequest(
        start=start,
        end=asked["end"],
        filters=wanted,
        exposure_time=times,
        minimum_gap=asked["minimum_gap"],
        airmass_limit=asked["airmass_limit"],
        sun_altitude=asked["sun_altitude"],
        moon_separation=asked["moon_separation"],
        maximum_fields=asked["maximum_fields"],
        maximum_time=asked["maximum_time"],
        excluded_fields=excluded,
    )


def _read(path: Path) -> SkyMap:
    try:
        return read_skymap(path.read_bytes())
    except OSError as err:
        raise click.ClickException(f"cannot read {path}: {err.strerror}") from err


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
            f"{figures['probability_all_filters']:.1%} of the probability in all filters: {output}"
        )
    if made.remark:
        click.echo(made.remark, err=True)


if __name__ == "__main__":
    sys.exit(plan())

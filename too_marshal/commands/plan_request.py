"""The request that the options of `too-marshal plan` make."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import click
from astropy import units as u

from planners.files.tables import read_exposures, read_galaxies, read_targets
from planners.problem.requests import RequestInvalid
from planners.visibility.rules import TWILIGHTS
from telescopes.observing import ObservingRequest, Telescope
from too_marshal.commands.quantities import QuantityType


class SunAltitudeType(QuantityType):
    """An altitude, or the name of a twilight."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read degrees, an angle with its unit, or a name."""
        if str(value) in TWILIGHTS:
            return TWILIGHTS[str(value)]
        return super().convert(value, param, ctx)


class AngleRangeType(click.ParamType[Any]):
    """Two angles: "350,20"."""

    name = "angles"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read two angles apart by a comma."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        if len(parts) != 2:
            self.fail(f"{value!r} is not two angles apart by a comma", param, ctx)
        angle = QuantityType(u.deg)
        return tuple(angle.convert(part.strip(), param, ctx) for part in parts)


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

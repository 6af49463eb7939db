"""The request that the options of `too-marshal plan` make."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import click
from astropy import units as u

from planners.detection.dust import DustMap
from planners.detection.sources import SOURCES
from planners.files.request_fields import GRIDS, RequestFields
from planners.files.tables import read_exposures, read_galaxies, read_targets
from planners.problem.requests import RequestInvalid
from planners.visibility.rules import TWILIGHTS
from telescopes.entries import Entry, entries
from telescopes.observing_plan import Objective, ObservingRequest
from telescopes.telescope import Telescope
from too_marshal.commands.planning.quantities import ExposureTimesType, QuantityType, TimeType


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


_TYPES: dict[str, click.ParamType[Any]] = {
    "start": TimeType(),
    "end": TimeType(),
    "filters": click.STRING,
    "exposure_time": ExposureTimesType(),
    "excluded_fields": click.STRING,
    "sun_altitude": SunAltitudeType(u.deg),
    "right_ascension": AngleRangeType(),
    "grid": click.Choice(GRIDS),
    "dithers": click.IntRange(min=1),
    "maximum_fields": click.IntRange(min=1),
    "detections": click.IntRange(min=1),
    "objective": click.Choice(typing.get_args(Objective)),
    "source": click.STRING,
    "trigger_time": TimeType(),
    "exposure_times": click.STRING,
    "blocks": click.IntRange(min=1),
    "airmass_limit": click.FLOAT,
    "targets": click.Path(path_type=Path, dir_okay=False),
}
"""How fields are typed that are not one quantity."""

_HELP = {
    "start": "Nothing begins before (UTC).",
    "end": "All has ended by then (UTC).",
    "filters": "Comma-separated, one for each visit: g,r or r,r.",
    "exposure_time": "Seconds, or g=30,r=60.",
    "excluded_fields": "Comma-separated fields not to be observed.",
    "sun_altitude": "Degrees, or a twilight's name.",
    "right_ascension": "From, to: 350,20 (degrees).",
    "exposure_times": "Seconds, comma-separated, to choose from for each field (detection).",
    "source": f"Kind of source to detect: {', '.join(SOURCES)}, or absolute magnitude, spread and "
    "fading a day: -16,1.3,1.",
    "trigger_time": "When the source was triggered (UTC); the start unless given.",
    "targets": "CSV of fields or positions, for the manual planner.",
}
"""Where the entry does not say how a value is typed."""

_NAMES = {"excluded_fields": "exclude"}
_ELSEWHERE = frozenset({"busy", "program"})
"""What a service knows and a command does not ask for."""


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command an option for each field of a request, as `RequestFields` describes it."""
    for name, entry in reversed(entries(RequestFields).items()):
        if name not in _ELSEWHERE:
            command = _option(name, entry)(command)
    return command


def _option(name: str, entry: Entry) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    field = RequestFields.model_fields[name]
    unit = entry.typed or entry.unit
    kind = _TYPES.get(name) or QuantityType(u.dimensionless_unscaled if unit is None else unit)
    is_needed = name in {"start", "end"}
    default = None if is_needed else field.get_default()
    if isinstance(default, float):
        default = f"{default / entry.scale:g}"
    help_text = _HELP.get(name) or ", ".join(
        part for part in (entry.label, entry.detail, "" if unit is None else str(unit)) if part
    )
    return click.option(
        f"--{_NAMES.get(name, name).replace('_', '-')}",
        name,
        type=kind,
        required=is_needed,
        default=default if isinstance(default, str) else None,
        show_default=isinstance(default, str),
        help=help_text,
    )


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
        choices = tuple(
            float(part) * u.s for part in (asked["exposure_times"] or "").split(",") if part.strip()
        )
    except ValueError as err:
        raise RequestInvalid(f"exposure times are seconds: {asked['exposure_times']!r}") from err
    try:
        excluded = frozenset(
            int(part) for part in (asked["excluded_fields"] or "").split(",") if part.strip()
        )
    except ValueError as err:
        raise RequestInvalid(f"fields are numbers: {asked['excluded_fields']!r}") from err
    return ObservingRequest(
        filters=filters,
        exposure_time=times,
        excluded_fields=excluded,
        exposure_times=choices,
        source=asked["source"] or "",
        observed=_table(
            asked["observed"],
            lambda path: read_exposures(path, telescope, partial(click.echo, err=True)),
        )
        or (),
        galaxies=_table(asked["galaxies"], read_galaxies),
        reddening=_table(asked["dust_map"], DustMap.read),
        targets=_table(asked["targets"], read_targets) or (),
        **{
            name: asked[name]
            for name in entries(RequestFields)
            if name not in _READ_HERE | _ELSEWHERE
        },
    )


_READ_HERE = frozenset(
    {"filters", "exposure_time", "exposure_times", "excluded_fields", "source", "targets"}
)
"""Options that are attributes of the request only once they have been read."""


def _table(path: Path | None, read: Any) -> Any:
    if path is None:
        return None
    try:
        return read(path)
    except OSError as err:
        raise click.ClickException(f"cannot read {path}: {err.strerror}") from err

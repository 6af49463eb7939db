"""Quantities as people type them: a number with or without a unit."""

from __future__ import annotations

import math
from typing import Any

import click
from astropy import units as u
from astropy.time import Time


def parse_quantity(text: str, unit: u.UnitBase) -> u.Quantity:
    """Read "30", "300 s", "0.5h" or "10 arcmin"; a bare number is in `unit`.

    Raises
    ------
    ValueError
        If it is neither, or of another kind than `unit`, or not finite.
    """
    try:
        quantity = u.Quantity(text)
        if quantity.unit == u.dimensionless_unscaled:
            quantity = quantity.value * unit
        quantity = quantity.to(unit)
    except (TypeError, ValueError, u.UnitConversionError) as err:
        raise ValueError(f"{text!r} is not a number or a quantity in {unit} or its like") from err
    if not (quantity.isscalar and math.isfinite(quantity.value)):
        raise ValueError(f"{text!r} is not a finite number")
    return quantity


class QuantityType(click.ParamType[Any]):
    """A number with a unit; `unit` is that of a bare number."""

    name = "quantity"

    def __init__(self, unit: u.UnitBase) -> None:
        self.unit = unit

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text of the option."""
        if isinstance(value, u.Quantity):
            return value
        try:
            return parse_quantity(str(value), self.unit)
        except ValueError as err:
            self.fail(str(err), param, ctx)


class ExposureTimesType(click.ParamType[Any]):
    """One exposure time for all filters ("30", "300 s"), or one each ("g=30,r=1 min")."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text of the option: a quantity, or a dictionary by filter."""
        if not isinstance(value, str):
            return value
        try:
            if "=" not in value:
                return parse_quantity(value, u.s)
            pairs = [part.partition("=") for part in value.split(",")]
            return {name.strip(): parse_quantity(text.strip(), u.s) for name, _, text in pairs}
        except ValueError as err:
            self.fail(str(err), param, ctx)


class TimeType(click.ParamType[Any]):
    """A time in UTC: ISO 8601, or a Modified Julian Date."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text of the option."""
        if isinstance(value, Time):
            return value
        text = str(value).strip()
        try:
            if text.replace(".", "", 1).isdigit():
                return Time(float(text), format="mjd", scale="utc")
            return Time(text.removesuffix("Z").removesuffix("+00:00"), scale="utc")
        except ValueError:
            self.fail(f"{text!r} is not a time in UTC, such as 2026-11-25T03:00:00", param, ctx)

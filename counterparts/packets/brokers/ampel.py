"""Reports of AMPEL: an object, its photometry with a zero point a point, classes and hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterparts.packets.alert import ZERO_POINT, Alert, Measurement, PacketInvalid
from counterparts.packets.brokers.newest import alert_of, history_of
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.members import Members
from counterparts.packets.surveys.differences import five_sigma, magnitude_of


def _measurement(entry: Members) -> Measurement:
    flux, error = entry.flux("flux"), entry.flux("fluxerr")
    zero_point = entry.magnitude("zp")
    if zero_point is None:
        raise PacketInvalid("its flux has no zero point.")
    scale = 10 ** (-0.4 * (zero_point - ZERO_POINT))
    flux = None if flux is None else flux * scale
    error = None if error is None else error * scale
    magnitude, magnitude_error = magnitude_of(flux, error)
    return Measurement(
        jd=entry.needed("time"),
        filter=_filter(entry.text("band")),
        flux=flux,
        flux_error=error,
        magnitude=magnitude,
        magnitude_error=magnitude_error,
        limiting_magnitude=five_sigma(error),
        is_positive=None if not flux else flux > 0,
    )


def _filter(band: str | None) -> str | None:
    """Give the survey's name of a filter that sncosmo calls lssti, or ztfg."""
    return band.removeprefix("lsst").removeprefix("ztf") if band else None


def read(record: Mapping[str, Any], _shape: Shape, *, is_whole: bool) -> Alert:
    """Read one report; its newest point is the detection.

    Parameters
    ----------
    record
        The report.
    is_whole
        Whether the older points are wanted.

    Raises
    ------
    PacketInvalid
        If who, where or when is not certain.
    """
    about, report = Members(record.get("object") or {}), Members(record)
    history = history_of(report, "photometry", _measurement)
    return alert_of(
        history,
        is_whole=is_whole,
        survey=about.text("source") or "unknown",
        broker="AMPEL",
        object_id=about.text("id") or about.text("external_id"),
        candid=Members(history.members).text("id"),
        ra=about.needed("ra"),
        dec=about.needed("dec"),
        added={name: value for name, value in record.items() if is_whole and name != "photometry"},
        notes=(*about.notes, *report.notes),
    )


def _recognizes(shape: Shape) -> bool:
    return shape.has("photometry", "classification") and shape.holds("object", "id", "ra", "dec")


FORMAT = PacketFormat("AMPEL", _recognizes, read, ())

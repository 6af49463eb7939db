"""Packets of DESIRT, the search with DECam: fluxes in nJy, and forced photometry with each."""

from __future__ import annotations

from counterparts.packets.alert import Measurement
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.members import Members
from counterparts.packets.surveys.epochs import by_name, from_mjd
from counterparts.packets.surveys.layout import Layout

_MICRO = 1e-3
"""From nJy."""


def _forced(entry: Members) -> Measurement:
    flux, error = entry.flux("psfFlux"), entry.flux("psfFluxErr")
    return Measurement(
        jd=from_mjd(entry),
        filter=entry.text("band"),
        flux=None if flux is None else flux * _MICRO,
        flux_error=None if error is None else error * _MICRO,
        limiting_magnitude=entry.magnitude("diffmaglim"),
        is_positive=None if flux is None else flux > 0,
        status="0",
    )


LAYOUT = Layout(
    survey="DECam",
    filter=by_name("band"),
    time=from_mjd,
    magnitude="forcediffimmag",
    magnitude_error="forcediffimmagunc",
    scores=(("reliability", "reliabilityversion"),),
    read_forced=_forced,
)


def _recognizes(shape: Shape) -> bool:
    return shape.has("objectId", "candid") and shape.holds(
        "candidate", "mjd", "band", "forcediffimmag"
    )


FORMAT = PacketFormat("DECam", _recognizes, LAYOUT.read, LAYOUT.head)

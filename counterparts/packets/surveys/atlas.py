"""ATLAS' packets. Detections are numbered by text: site, night, exposure, filter, and a number.

A negative difference has a negative flux, and the magnitude of its absolute value with a minus.
The packets at hand state ``isdiffpos`` the other way round: the flux is believed.

References
----------
Tonry et al. 2018, PASP 130, 064505
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from counterparts.packets.alert import Alert
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.members import Members
from counterparts.packets.surveys.epochs import by_name, from_mjd
from counterparts.packets.surveys.layout import Layout

LAYOUT = Layout(
    survey="ATLAS",
    filter=by_name("filter"),
    time=from_mjd,
    ra="RA",
    dec="Dec",
    magnitude="Mag",
    magnitude_error="Dmag",
    scores=(("rb", "rbversion"),),
    cutouts={"science": "cutoutScience", "difference": "cutoutDifference"},
)


def read(record: Mapping[str, Any], shape: Shape, *, is_whole: bool) -> Alert:
    """Read one packet.

    Parameters
    ----------
    record
        The packet.
    shape
        What is known of it.
    is_whole
        Whether cutouts are read.

    Raises
    ------
    PacketInvalid
        If who, where or when is not certain.
    """
    alert = LAYOUT.read(record, shape, is_whole=is_whole)
    flux = Members(alert.fields).flux("flux")
    if alert.real_bogus == 0:
        # Every packet has it: it was not worked out.
        alert = replace(alert, real_bogus=None, real_bogus_name=None)
    if alert.magnitude is not None:
        alert = replace(alert, magnitude=abs(alert.magnitude))
    if not flux or alert.is_positive == (flux > 0):
        return alert
    note = "isdiffpos says otherwise than the flux, which is believed"
    return replace(alert, is_positive=flux > 0, notes=(*alert.notes, note))


def _recognizes(shape: Shape) -> bool:
    return shape.has("candid", "objectId") and shape.holds("candidate", "mjd", "RA", "Dec", "Mag")


FORMAT = PacketFormat("ATLAS", _recognizes, read, LAYOUT.head)

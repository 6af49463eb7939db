"""All formats that are known, and which of them a packet has."""

from __future__ import annotations

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.brokers import (
    alerce,
    ampel,
    antares,
    babamul,
    fink,
    lasair,
    pittgoogle,
)
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys import (
    atlas,
    decam,
    elasticc,
    lsst,
    pgir,
    turbo,
    winter,
    ztf,
)

FORMATS: tuple[PacketFormat, ...] = (
    babamul.FORMAT,
    fink.ZTF,
    fink.LSST,
    lasair.FORMAT,
    alerce.FORMAT,
    antares.FORMAT,
    ampel.FORMAT,
    pittgoogle.FORMAT,
    winter.FORMAT,
    pgir.FORMAT,
    turbo.FORMAT,
    atlas.FORMAT,
    decam.FORMAT,
    lsst.FORMAT,
    elasticc.FORMAT,
    ztf.FORMAT,
)
"""Brokers first: what they send on has most members of the survey's own packets."""


def recognize(shape: Shape) -> PacketFormat:
    """Tell whose packets look like this.

    Parameters
    ----------
    shape
        Of the packet.

    Raises
    ------
    PacketInvalid
        If no survey or broker is known to send such packets.
    """
    for known in FORMATS:
        if known.recognizes(shape):
            return known
    named = f"{shape.name[:60]}: " if shape.name else ""
    some = ", ".join(sorted(shape.members)[:6])
    raise PacketInvalid(f"No known survey or broker sends such packets ({named}{some:.120}).")

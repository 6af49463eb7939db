"""Packets that Fink sends on, of ZTF and LSST: the survey's own members, and Fink's beside them."""

from __future__ import annotations

from functools import partial

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys import lsst, ztf


def _of_ztf(shape: Shape) -> bool:
    return shape.has("fink_broker_version", "objectId") and shape.holds(
        "candidate", "jd", "fid", "rcid"
    )


def _of_lsst(shape: Shape) -> bool:
    return shape.has("fink_broker_version") and lsst.recognizes(shape)


ZTF = PacketFormat("Fink", _of_ztf, partial(ztf.LAYOUT.read, broker="Fink"), ztf.LAYOUT.head)

LSST = PacketFormat("Fink", _of_lsst, partial(lsst.LAYOUT.read, broker="Fink"), lsst.LAYOUT.head)

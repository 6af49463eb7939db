"""ZTF's packets as Lasair sends them on: JSON, with annotations such as Sherlock's beside them."""

from __future__ import annotations

from functools import partial

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys import ztf


def _recognizes(shape: Shape) -> bool:
    return (
        not shape.name
        and shape.has("objectId", "candid", "annotations")
        and shape.holds("candidate", "jd", "fid", "rcid")
    )


FORMAT = PacketFormat(
    "Lasair", _recognizes, partial(ztf.LAYOUT.read, broker="Lasair"), ztf.LAYOUT.head
)

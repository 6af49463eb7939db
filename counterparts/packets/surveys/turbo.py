"""TURBO's packets. Their schema has defaults of types that they are not: it is read without any."""

from __future__ import annotations

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys.epochs import by_number
from counterparts.packets.surveys.layout import Layout

LAYOUT = Layout(survey="TURBO", filter=by_number({0: "Y", 1: "J", 2: "H", 3: "K"}))
"""The filters' numbers are those that the schema's own words give."""


def _recognizes(shape: Shape) -> bool:
    return shape.name.startswith("turbo.") and shape.holds("candidate", "jd", "fid")


FORMAT = PacketFormat("TURBO", _recognizes, LAYOUT.read, LAYOUT.head)

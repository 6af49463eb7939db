"""Palomar Gattini-IR's packets: J band, Vega magnitudes.

References
----------
De et al. 2020, PASP 132, 025001
"""

from __future__ import annotations

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys.layout import Layout

LAYOUT = Layout(survey="PGIR", filter=lambda _members: "J")
"""Where there is no Solar System object near it says -99, and "NONE"."""


def _recognizes(shape: Shape) -> bool:
    return shape.has("objectId") and shape.holds("candidate", "jd", "stackquadid", "subid")


FORMAT = PacketFormat("PGIR", _recognizes, LAYOUT.read, LAYOUT.head)

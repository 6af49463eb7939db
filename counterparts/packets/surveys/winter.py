"""WINTER's packets: infrared, from Palomar.

References
----------
https://github.com/winter-telescope/winter-alert-schemas
"""

from __future__ import annotations

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys.epochs import by_number
from counterparts.packets.surveys.layout import Layout

LAYOUT = Layout(
    survey="WINTER",
    filter=by_number({1: "Y", 2: "J", 3: "Hs", 4: "dark"}),
    object_id="objectid",
    cutouts={
        "science": "cutout_science",
        "template": "cutout_template",
        "difference": "cutout_difference",
    },
)


def _recognizes(shape: Shape) -> bool:
    return shape.has("objectid", "cutout_science") and shape.holds("candidate", "jd", "fid")


FORMAT = PacketFormat("WINTER", _recognizes, LAYOUT.read, LAYOUT.head)

"""ZTF's packets as ALeRCE packs them anew, with Spark.

The detection's number stands in the candidate alone, every schema is called ``topLevelRecord``, and
what older packets do not have is a zero or an empty text: a ``drb`` of no version is none.
"""

from __future__ import annotations

from functools import partial

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys import ztf


def _recognizes(shape: Shape) -> bool:
    return (
        shape.has("objectId")
        and not shape.has("candid")
        and shape.holds("candidate", "candid", "jd", "fid", "programid", "rcid")
    )


FORMAT = PacketFormat(
    "ALeRCE", _recognizes, partial(ztf.LAYOUT.read, broker="ALeRCE"), ztf.LAYOUT.head
)

"""LSST's packets, of schemas 9.0 to 11.1: fluxes in nJy, times in TAI at the exposure's middle.

References
----------
https://github.com/lsst/alert_packet
"""

from __future__ import annotations

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys.fluxes import FluxLayout

LAYOUT = FluxLayout(survey="LSST", zero_point=31.4)


def recognizes(shape: Shape) -> bool:
    """Tell whether a packet has a source of LSST's."""
    return shape.holds("diaSource", "diaSourceId", "midpointMjdTai", "psfFlux", "ra", "dec")


FORMAT = PacketFormat("LSST", recognizes, LAYOUT.read, LAYOUT.head)

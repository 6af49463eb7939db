"""Packets of ELAsTiCC, the rehearsal of LSST's stream: simulated, with SNANA's zero point.

References
----------
https://portal.nersc.gov/cfs/lsst/DESC_TD_PUBLIC/ELASTICC/
"""

from __future__ import annotations

from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.surveys.fluxes import FluxLayout

LAYOUT = FluxLayout(
    survey="ELAsTiCC",
    zero_point=27.5,
    time="midPointTai",
    dec="decl",
    filter="filterName",
    flux="psFlux",
    flux_error="psFluxErr",
)


def _recognizes(shape: Shape) -> bool:
    return shape.has("alertId") and shape.holds("diaSource", "midPointTai", "psFlux", "decl")


FORMAT = PacketFormat("ELAsTiCC", _recognizes, LAYOUT.read, LAYOUT.head)

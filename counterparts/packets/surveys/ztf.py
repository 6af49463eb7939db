"""ZTF's packets, of schemas before 3.0 to 4.02.

References
----------
https://zwickytransientfacility.github.io/ztf-avro-alert/schema.html
"""

from __future__ import annotations

from counterparts.packets.alert import ZERO_POINT, Measurement
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.members import Members
from counterparts.packets.surveys.epochs import by_number, julian_date
from counterparts.packets.surveys.layout import Layout

FILTERS = {1: "g", 2: "r", 3: "i"}

_NO_FLUX = (-99999.0, -999.0)
"""What stands for a flux that could not be measured, since schema 4.01."""


def forced(entry: Members) -> Measurement:
    """Read forced photometry: counts of the difference, with the image's zero point."""
    flux = entry.flux("forcediffimflux", _NO_FLUX)
    error = entry.flux("forcediffimfluxunc", _NO_FLUX)
    zero_point = entry.magnitude("magzpsci")
    scale = None if zero_point is None else 10 ** (-0.4 * (zero_point - ZERO_POINT))
    return Measurement(
        jd=julian_date(entry),
        filter=_filter(entry),
        flux=None if scale is None or flux is None else flux * scale,
        flux_error=None if scale is None or error is None else error * scale,
        limiting_magnitude=entry.magnitude("diffmaglim"),
        is_positive=None if flux is None else flux > 0,
        status=entry.text("procstatus"),
    )


_filter = by_number(FILTERS)

LAYOUT = Layout(survey="ZTF", filter=_filter, read_forced=forced)


def _recognizes(shape: Shape) -> bool:
    # Spark names every schema alike; ZTF's own is ztf.alert, and JSON has none.
    return shape.has("objectId", "candid") and shape.holds(
        "candidate", "jd", "fid", "programid", "magpsf", "rcid"
    )


FORMAT = PacketFormat("ZTF", _recognizes, LAYOUT.read, LAYOUT.head)

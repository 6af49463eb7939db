"""CALET gamma-ray burst monitor: triggers without position.

The coordinates in the packet are where the instrument points.
"""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import base_notice, links, numbers, time_key, trigger_key
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet

_FLIGHT, _GROUND = 160, 161


@parses_packet(_FLIGHT, _GROUND, mission="calet", authorities=("nasa.gsfc.gcn/CALET",))
def parse(event: VOEvent) -> Notice:
    """Read a light curve notice."""
    base = base_notice(event, "calet")
    return replace(
        base,
        event_key=trigger_key(event) or time_key(base.event_time),
        order=(event.packet_type or 0, *base.order[1:]),
        kind=_kind(event),
        links=links(event, **{"light curve": "Light_Curve"}),
        attributes=numbers(
            event,
            significance_sigma="SIGNIFICANCE",
            timescale_s="FOREGND_DUR",
            lower_energy_kev="E_BAND_LO_E",
            upper_energy_kev="E_BAND_HI_E",
        ),
    )


def _kind(event: VOEvent) -> Kind:
    if event.flag("Retraction"):
        return Kind.RETRACTION
    if event.flag("InternalTest"):
        return Kind.TEST
    return Kind.INITIAL if event.packet_type == _FLIGHT else Kind.UPDATE

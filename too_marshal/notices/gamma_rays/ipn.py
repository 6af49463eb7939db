"""Interplanetary Network: times and, rarely, positions. Its trigger number is always -1."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import base_notice, source_point, time_key, trigger_key
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream("ipn", "IPN", Messenger.GAMMA_RAYS, packets=("IPN_POS", "IPN_RAW", "IPN_SEG")),
)

_RAW, _SEGMENT, _POSITION = 31, 32, 39


@parses_packet(_RAW, _SEGMENT, _POSITION, mission="ipn", authorities=("nasa.gsfc.gcn/IPN",))
def parse(event: VOEvent) -> Notice:
    """Read a notice; an annulus has no shape here, so its center is shown and not planned on."""
    base = base_notice(event, "ipn")
    contributed = "_contributed"
    missions = sorted(
        parameter.name.removesuffix(contributed)
        for parameter in event.parameters
        if parameter.name.endswith(contributed) and event.flag(parameter.name)
    )
    return replace(
        base,
        event_key=trigger_key(event) or time_key(base.event_time),
        order=(event.packet_type or 0, *base.order[1:]),
        kind=Kind.RETRACTION if event.flag("Definite_NOT_GRB") else Kind.INITIAL,
        position=source_point(event),
        flags=base.flags | ({"times only"} if event.flag("Times_Only") else frozenset()),
        attributes={"missions": missions},
    )

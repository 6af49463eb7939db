"""Konus-Wind: light curves of bursts, without position."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import base_notice, links, time_key, trigger_key
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet


@parses_packet(59, mission="konus", authorities=("nasa.gsfc.gcn/KONUS",))
def parse(event: VOEvent) -> Notice:
    """Read a light curve notice."""
    base = base_notice(event, "konus")
    return replace(
        base,
        event_key=trigger_key(event) or time_key(base.event_time),
        kind=Kind.INITIAL,
        links=links(event, **{"light curve": "Light_Curve"}),
    )

"""AGILE, until February 2024: bursts of the imager, and of the calorimeter without position."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import (
    base_notice,
    links,
    numbers,
    source_circle,
    time_key,
    trigger_key,
)
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet

_WAKEUP, _GROUND, _REFINED, _CALORIMETER, _TRANSIENT, _TEST = 100, 101, 102, 105, 108, 109
_RANK = {_CALORIMETER: 1, _WAKEUP: 2, _TRANSIENT: 2, _TEST: 2, _GROUND: 3, _REFINED: 4}
_KINDS = {_TEST: Kind.TEST, _GROUND: Kind.UPDATE, _REFINED: Kind.UPDATE}


@parses_packet(*_RANK, mission="agile", authorities=("nasa.gsfc.gcn/AGILE",))
def parse(event: VOEvent) -> Notice:
    """Read an alert. No containment is stated for its radius; 90 % is assumed."""
    base = base_notice(event, "agile")
    packet_type = event.packet_type or 0
    circle = source_circle(event, 0.9, systematics_included=False)
    test = event.flag("Test_Submission")
    return replace(
        base,
        event_key=trigger_key(event) or time_key(base.event_time),
        order=(_RANK[packet_type], *base.order[1:]),
        kind=_KINDS.get(packet_type, Kind.INITIAL),
        role="test" if test and base.role == "observation" else base.role,
        localization=circle,
        links=links(event, **{"light curve": "LightCurve_URL"}),
        flags=base.flags | ({"containment assumed"} if circle else frozenset()),
        attributes=numbers(
            event,
            significance_sigma="grb_signif",
            peak_significance_sigma="peak_signif",
            timescale_s="data_time_scale",
        ),
    )

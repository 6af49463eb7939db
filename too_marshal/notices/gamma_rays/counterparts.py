"""Positions of burst counterparts that observers sent to GCN."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import (
    base_notice,
    numbers,
    source_circle,
    texts,
    time_key,
    trigger_key,
)
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet

_COUNTERPART, _COINCIDENCE = 45, 145


@parses_packet(_COUNTERPART, mission="counterpart", authorities=("nasa.gsfc.gcn/COUNTERPART",))
def parse(event: VOEvent) -> Notice:
    """Read a counterpart. The trigger number is the submitter's word, as a rule Swift's."""
    base = base_notice(event, "grb_counterpart")
    key = trigger_key(event)
    circle = source_circle(event, 0.9, systematics_included=False)
    return replace(
        base,
        event_key=key or time_key(base.event_time),
        kind=Kind.UPDATE,
        localization=circle,
        related=() if key is None else (("swift", key),),
        flags=base.flags | ({"containment assumed"} if circle else frozenset()),
        attributes={
            **numbers(event, magnitude="Intensity", magnitude_error="Inten_Uncert"),
            **texts(event, submitter="Submitter", telescope="Telescope"),
        },
    )


@parses_packet(_COINCIDENCE, mission="gcn", authorities=("nasa.gsfc.gcn/COINCIDENCE",))
def parse_coincidence(event: VOEvent) -> Notice:
    """Read that GCN saw two missions trigger at one time."""
    base = base_notice(event, "gcn_coincidence")
    return replace(base, event_key=trigger_key(event))

"""GECAM: flight and ground notices.

Trigger numbers are short and begin again; the day belongs to the key. Numbers from
100 000 000 on are tests. Radii are statistical, 68 % containment.
"""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import (
    base_notice,
    numbers,
    placed,
    source_circle,
    texts,
    time_key,
)
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream("gecam", "GECAM", Messenger.GAMMA_RAYS, packets=("GECAM_FLT", "GECAM_GND")),
)

_FLIGHT, _GROUND = 188, 189
_FIRST_TEST = 100_000_000


@parses_packet(_FLIGHT, _GROUND, mission="gecam", authorities=("nasa.gsfc.gcn/GECAM",))
def parse(event: VOEvent) -> Notice:
    """Read a trigger or its ground analysis."""
    base = base_notice(event, "gecam")
    trigger_id, time = event.integer("Trigger_Number"), base.event_time
    key = time_key(time) if trigger_id is None or time is None else f"{trigger_id}-{time:%Y%m%d}"
    test = trigger_id is not None and trigger_id >= _FIRST_TEST
    source = event.text("SRC_CLASS")
    return placed(
        event,
        replace(
            base,
            event_key=key,
            order=(event.packet_type or 0, *base.order[1:]),
            kind=Kind.INITIAL if event.packet_type == _FLIGHT else Kind.UPDATE,
            role="test" if test and base.role == "observation" else base.role,
            localization=source_circle(event, 0.68, systematics_included=False),
            aliases=() if trigger_id is None else (f"GECAM {trigger_id}",),
            flags=base.flags | ({"not a GRB"} if source not in {None, "GRB"} else frozenset()),
            attributes={
                **numbers(
                    event,
                    significance_sigma="TRIGGER_SIGNIF",
                    trigger_duration_s="TRIGGER_DUR",
                    burst_duration_s="BURST_DUR",
                ),
                **texts(event, source_class="SRC_CLASS", satellite="MISSION"),
            },
        ),
    )

"""SNEWS: coincident neutrino bursts, without position."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import base_notice, time_key, trigger_key
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet


@parses_packet(149, mission="snews", authorities=("nasa.gsfc.gcn/SNEWS",))
def parse(event: VOEvent) -> Notice:
    """Read an alert; a test comes every week. The position (0, 0) with 360 deg means none."""
    base = base_notice(event, "snews")
    test = event.flag("Test", "Trigger_ID") or event.flag("InternalTest", "Trigger_ID")
    participants = sorted(
        parameter.name.split("_")[1]
        for parameter in event.parameters
        if parameter.name.endswith("_Participate") and event.flag(parameter.name)
    )
    return replace(
        base,
        event_key=trigger_key(event) or time_key(base.event_time),
        kind=Kind.RETRACTION if event.flag("Retraction", "Trigger_ID") else Kind.INITIAL,
        role="test" if test and base.role == "observation" else base.role,
        attributes={"detectors": participants},
    )

"""MAXI GSC: transients (unknown) and known sources that flare; packets and JSON.

The packets' radius is a constant (1 deg, or 0.5 deg for a known source; 90 %
with systematics); JSON states a measured one, statistical, as a circle, an ellipse or
four corners.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.classic import (
    base_notice,
    numbers,
    placed,
    source_circle,
    texts,
    time_key,
    trigger_key,
)
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

STREAM = "maxi"

declare(
    Stream(
        STREAM,
        "MAXI",
        Messenger.X_RAYS,
        topics=("gcn.notices.maxi.gsc.known", "gcn.notices.maxi.gsc.unknown"),
        packets=("MAXI_UNKNOWN", "MAXI_KNOWN", "MAXI_TEST"),
    ),
)


_UNKNOWN, _KNOWN, _TEST = 134, 135, 136
_IVORN_NUMBER = re.compile(r"_(\d{9,12})-\d+-\d+$")


@parses_packet(_UNKNOWN, _KNOWN, _TEST, mission="maxi", authorities=("nasa.gsfc.gcn/MAXI",))
def parse_voevent(event: VOEvent) -> Notice:
    """Read an alert. The IVORN spells the trigger number as JSON does."""
    base = base_notice(event, STREAM)
    match = _IVORN_NUMBER.search(event.ivorn)
    circle = source_circle(event, 0.9, systematics_included=True)
    return placed(
        event,
        replace(
            base,
            event_key=trigger_key(event) or time_key(base.event_time),
            kind=Kind.TEST if event.packet_type == _TEST else Kind.INITIAL,
            role="test"
            if event.flag("Test_Submission") and base.role == "observation"
            else base.role,
            localization=circle,
            name=event.text("Source_Name"),
            aliases=() if match is None else (match[1],),
            flags=base.flags | ({"known source"} if event.packet_type == _KNOWN else frozenset()),
            attributes={
                **numbers(event, flux_mcrab="Event_Flux"),
                **texts(event, timescale="Event_TimeScale", event_class="Event_Class"),
            },
        ),
    )


@parses_topic("gcn.notices.maxi.gsc.unknown", schema="maxi/gsc.unknown")
def parse_unknown(document: Document) -> Notice:
    """Read a transient."""
    return _notice(document)


@parses_topic("gcn.notices.maxi.gsc.known", schema="maxi/gsc.known")
def parse_known(document: Document) -> Notice:
    """Read a flare of a source that has a name; its position is the catalog's."""
    notice = _notice(document)
    return replace(notice, flags=notice.flags | {"known source"})


def _notice(document: Document) -> Notice:
    base = core_notice(document, STREAM)
    region = core_region(document)
    return replace(
        base,
        localization=region,
        attributes=dict(base.attributes) | _attributes(document),
    )


def _attributes(document: Document) -> dict[str, Any]:
    timescale = document.text("detection_timescale")
    units = document.text("detection_timescale_units") or "s"
    return {} if timescale is None else {"timescale": f"{timescale} {units}"}

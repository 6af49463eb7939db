"""SVOM: GRM, ECLAIRs and MXT, as VOEvents and as JSON.

`Alert_Seq_T0` is the burst's time; the ISO time of each notice is that of its own
data, up to minutes later. Radii are 90 % containment. A retraction carries the
coordinates of what it retracts, and comes on the topic of any instrument.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from too_marshal.notices.formats.classic import (
    base_notice,
    numbers,
    source_circle,
    source_point,
    texts,
    time_key,
)
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_region
from too_marshal.notices.formats.times import TimeUnreadable, parse_utc
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

STREAM = "svom"

declare(
    # Wei et al. 2016, arXiv:1610.06892.
    Stream(
        STREAM,
        "SVOM",
        Messenger.GAMMA_RAYS,
        rate=65.0,
        known_as=("svom",),
        topics=(
            "gcn.notices.svom.voevent.eclairs",
            "gcn.notices.svom.voevent.grm",
            "gcn.notices.svom.voevent.mxt",
        ),
    ),
)


_GRM, _WAKEUP, _CATALOG, _SLEWING, _NOT_SLEWING = 201, 202, 203, 204, 205
_MXT_INITIAL, _MXT_UPDATE, _RETRACTION = 209, 210, 219
_RANK = {_GRM: 1, _WAKEUP: 2, _CATALOG: 2, _SLEWING: 3, _NOT_SLEWING: 3}
_RANK |= {_MXT_INITIAL: 4, _MXT_UPDATE: 5, _RETRACTION: 6}
_KINDS = {_GRM: Kind.INITIAL, _WAKEUP: Kind.INITIAL, _CATALOG: Kind.INITIAL}
_KINDS |= {_RETRACTION: Kind.RETRACTION}
_SATURATED = 255


@parses_packet(
    *_RANK,
    mission="svom",
    authorities=("org.svom/fsc",),
    topics=tuple(f"gcn.notices.svom.voevent.{name}" for name in ("grm", "eclairs", "mxt", "vt")),
)
def parse_voevent(event: VOEvent) -> Notice:
    """Read a notice of a burst's sequence (levels N1 to N3)."""
    base = base_notice(event, STREAM)
    packet_type = event.packet_type or 0
    burst = event.text("Burst_Id")
    retracts = any(cite == "retraction" for cite, _ in event.citations)
    localization = None
    if not retracts:
        localization = source_circle(event, 0.9, systematics_included=False)
    return replace(
        base,
        event_key=burst or time_key(base.event_time),
        order=(_RANK[packet_type], *base.order[1:]),
        kind=Kind.RETRACTION if retracts else _KINDS.get(packet_type, Kind.UPDATE),
        event_time=_sequence_start(event) or base.event_time,
        localization=localization,
        position=None if localization else source_point(event),
        name=burst,
        flags=base.flags | _flags(event),
        attributes=_attributes(event),
    )


@parses_topic("gcn.notices.svom", schema="svom/trigger")
def parse_json(document: Document) -> Notice:
    """Read a trigger of GRM or ECLAIRs."""
    base = core_notice(document, STREAM)
    slew = document.text("slew_status")
    return replace(
        base,
        localization=core_region(document),
        name=base.event_key,
        attributes=dict(base.attributes)
        | ({} if slew is None else {"slew_status": slew.replace("_", "-")}),
    )


def _sequence_start(event: VOEvent) -> datetime | None:
    with contextlib.suppress(TimeUnreadable):
        return parse_utc(event.text("Alert_Seq_T0") or "").time
    return None


def _flags(event: VOEvent) -> frozenset[str]:
    flags = {
        "known source": event.packet_type == _CATALOG,
        "saturated signal to noise": event.number("SNR") == _SATURATED
        and event.text("Instrument") == "MXT",
        "outside the first error circle": event.truth("Within_ECLAIRs_R90") is False,
    }
    return frozenset(flag for flag, is_set in flags.items() if is_set)


def _attributes(event: VOEvent) -> dict[str, Any]:
    measured = numbers(
        event,
        snr="SNR",
        timescale_s="Timescale",
        lower_energy_kev="Lower_Energy_Bound",
        upper_energy_kev="Upper_Energy_Bound",
    )
    named = texts(
        event,
        instrument="Instrument",
        notice_level="Notice_Level",
        trigger_type="Trigger_Type",
        slew_status="Slew_Status",
        source_name="Source_Name",
        data_time="Time_Window_Start",
    )
    return {**measured, **named}

"""Swift: BAT, XRT and UVOT packets, and GUANO.

One trigger number holds them all; it is also the target number of later
pointings. BAT's time is the trigger's, those of XRT and UVOT are the start of their
observation, so the number, never the time, says which burst is meant. Radii are 90 %
containment with systematics. UVOT magnitudes come in hundredths.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.classic import (
    base_notice,
    links,
    numbers,
    placed,
    source_circle,
    source_point,
    time_key,
    trigger_key,
)
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_map, core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.gamma_rays import einstein_probe
from too_marshal.notices.notice import Circle, Kind, Notice
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare, stream_called

STREAM = "swift"

declare(
    Stream(
        STREAM,
        "Swift",
        Messenger.GAMMA_RAYS,
        rate=65.0,
        subject_prefix="Swift ",
        known_as=("swift",),
        packets=(
            *(
                "SWIFT_BAT_GRB_POS_ACK",
                "SWIFT_BAT_GRB_POS_NACK",
                "SWIFT_BAT_QL_POS",
                "SWIFT_BAT_TRANS",
                "SWIFT_BAT_GRB_POS_TEST",
            ),
            *("SWIFT_XRT_POSITION", "SWIFT_XRT_CENTROID"),
            *("SWIFT_UVOT_POS", "SWIFT_UVOT_POS_NACK"),
            *("SWIFT_FOM_OBS", "SWIFT_SC_SLEW"),
        ),
    ),
    Stream(
        "swift_guano",
        "Swift GUANO",
        Messenger.GAMMA_RAYS,
        topics=("gcn.notices.swift.bat.guano",),
        merger_window=(-10.0, 20.0),
    ),
)

CONTAINMENT = 0.9

_AUTHORITIES = ("nasa.gsfc.gcn/SWIFT",)
_TARGETS = 2**24
"""Trigger numbers are below; a segment number above is packed into the upper bits."""

_BAT_ALERT, _BAT_ACK, _BAT_NACK, _BAT_TRANSIENT, _BAT_QUICK = 60, 61, 62, 84, 97
_XRT, _XRT_NACK, _UVOT, _UVOT_NACK = 67, 71, 81, 89
_RANK = {_BAT_ALERT: 1, _BAT_QUICK: 1, _BAT_ACK: 2, _BAT_NACK: 2, _BAT_TRANSIENT: 2}
_RANK |= {_XRT: 3, _XRT_NACK: 3, _UVOT: 4, _UVOT_NACK: 4}

_FOLLOWED = re.compile(r"([A-Za-z][\w /-]{0,30}?)[ _#](?:trigger )?(\w{1,20})")


@parses_packet(
    _BAT_ALERT, _BAT_ACK, _BAT_NACK, _BAT_QUICK, mission="swift", authorities=_AUTHORITIES
)
def parse_bat(event: VOEvent) -> Notice:
    """Read BAT's word on a trigger: quick look, position, or that there is none."""
    base = _trigger_notice(event)
    retracts = event.packet_type == _BAT_NACK or event.flag("Def_NOT_a_GRB")
    # BAT may take a burst back after XRT has looked: then the later word of the two counts.
    order = (_RANK[_XRT], *base.order[1:]) if retracts else base.order
    return placed(
        event,
        replace(
            base,
            order=order,
            kind=Kind.RETRACTION if retracts else Kind.INITIAL,
            localization=source_circle(event, CONTAINMENT, systematics_included=True),
            attributes=dict(base.attributes)
            | numbers(
                event,
                rate_significance_sigma="Rate_Signif",
                image_significance_sigma="Image_Signif",
                integration_time_s="Integ_Time",
            ),
        ),
    )


@parses_packet(_BAT_TRANSIENT, mission="swift", authorities=_AUTHORITIES)
def parse_bat_transient(event: VOEvent) -> Notice:
    """Read a source of the catalogs that BAT saw, as a note to its trigger.

    It keeps the number of the trigger that it takes back where BAT had announced a burst.
    """
    base = _trigger_notice(event)
    cites = any("BAT_GRB_Pos" in ivorn for _, ivorn in event.citations)
    return placed(
        event,
        replace(
            base,
            kind=Kind.UPDATE if cites else Kind.INITIAL,
            localization=source_circle(event, CONTAINMENT, systematics_included=True),
            flags=base.flags | {"not a GRB"},
        ),
    )


@parses_packet(_XRT, _UVOT, mission="swift", authorities=_AUTHORITIES)
def parse_narrow_field(event: VOEvent) -> Notice:
    """Read a position found by XRT or UVOT."""
    base = _trigger_notice(event)
    magnitude, error = event.number("Burst_Mag"), event.number("Mag_Error")
    attributes: dict[str, Any] = {
        "magnitude": None if magnitude is None else magnitude / 100,
        "magnitude_error": None if error is None else error / 100,
        "detection_significance_sigma": event.number("Det_Signif"),
        "filter": event.integer("Filter"),
    }
    return placed(
        event,
        replace(
            base,
            kind=Kind.RETRACTION if event.flag("Def_NOT_a_GRB") else Kind.UPDATE,
            localization=source_circle(event, CONTAINMENT, systematics_included=True),
            attributes=dict(base.attributes)
            | {name: value for name, value in attributes.items() if value is not None},
        ),
    )


@parses_packet(_XRT_NACK, _UVOT_NACK, mission="swift", authorities=_AUTHORITIES)
def parse_narrow_field_failure(event: VOEvent) -> Notice:
    """Read that XRT or UVOT found nothing. The position in the packet is not theirs."""
    base = _trigger_notice(event)
    limit = event.number("Mag_Lim")
    return replace(
        base,
        flags=base.flags | {"no source found"},
        attributes=dict(base.attributes)
        | ({} if limit is None else {"limiting_magnitude": limit / 100}),
    )


@parses_packet(
    *(46, 47, 63, 65, 66, 68, 69, 70, 72, 73, 76, 77, 78, 79, 80, 83, 85, 86, 87, 88, 141),
    mission="swift",
    authorities=_AUTHORITIES,
)
def parse_information(event: VOEvent) -> Notice:
    """Read a slew, a figure of merit, a light curve, an image: nothing new about the source."""
    base = _trigger_notice(event)
    return replace(
        base,
        position=source_point(event),
        links=links(
            event,
            **{
                "light curve": "Lightcurve_Link",
                "light curve image": "Lightcurve_Link_Jpeg",
                "image": "Image_Link",
                "finding chart": "Fchart_Link",
            },
        ),
        attributes=dict(base.attributes)
        | numbers(event, slew_return="Slew_Return", wait_time_s="Wait_Time", merit="Merit"),
    )


@parses_packet(82, mission="swift", authorities=_AUTHORITIES)
def parse_test(event: VOEvent) -> Notice:
    """Read a test position, sent to prove that the chain works."""
    base = _trigger_notice(event)
    circle = source_circle(event, CONTAINMENT, systematics_included=True)
    return replace(base, kind=Kind.TEST, localization=circle)


@parses_topic("gcn.notices.swift.bat.guano", schema="swift/bat/Guano")
def parse_guano(document: Document) -> Notice:
    """Read a burst found in BAT event data that another mission's alert made Swift keep."""
    base = core_notice(document, "swift_guano")
    region = core_region(document)
    localization = core_map(document, region) or region
    # BAT places an imaged burst within 3 arcmin; GCN's example says 0.5 for "arcmin".
    doubtful = isinstance(region, Circle) and "image_snr" in document and region.radius > 0.2
    return replace(
        base,
        localization=localization,
        flags=base.flags | ({"radius may be in arcminutes"} if doubtful else frozenset()),
        type_name="BAT-GUANO",
        related=followed(document.text("follow_up_event")),
        attributes=dict(base.attributes)
        | {
            name: text
            for name in ("follow_up_event", "follow_up_type")
            if (text := document.text(name)) is not None
        },
    )


def followed(text: str | None) -> tuple[tuple[str, str], ...]:
    """Name the event that GUANO followed: "Fermi 694215970", or a superevent."""
    if text is None:
        return ()
    if re.fullmatch(r"[MT]?S\d{6}[a-z]+", text):
        return (("lvk", text),)
    match = _FOLLOWED.fullmatch(text)
    stream = stream_called(match[1]) if match else None
    if match is None or stream is None:
        return ()
    number = match[2]
    if stream == einstein_probe.STREAM and number.isdigit():
        number = number.zfill(einstein_probe.ID_LENGTH)
    return ((stream, number),)


def _trigger_notice(event: VOEvent) -> Notice:
    base = base_notice(event, STREAM)
    key = trigger_key(event)
    if key is not None and int(key) >= _TARGETS:
        key = None
    test = event.flag("Test_Submission")
    return replace(
        base,
        event_key=key or time_key(base.event_time),
        order=(_RANK.get(event.packet_type or 0, 0), *base.order[1:]),
        role="test" if test and base.role == "observation" else base.role,
        flags=base.flags | _flags(event),
        attributes={}
        if (segment := event.integer("Segment_Num")) is None
        else {"segment": segment},
    )


def _flags(event: VOEvent) -> frozenset[str]:
    catalogs = ("Target_in_Flt_Catalog", "Target_in_Gnd_Catalog", "Target_in_Blk_Catalog")
    flags = {
        "not a GRB": event.flag("Def_NOT_a_GRB"),
        "star tracker lost lock": event.flag("StarTrack_Lost_Lock")
        or event.flag("ImTrig_during_ST_LoL"),
        "known source": any(event.flag(name) for name in catalogs),
        "near bright star": event.flag("Near_Bright_Star"),
        "not a point source": event.truth("Point_Source") is False
        and event.packet_type == _BAT_ACK,
        "not identified as GRB": event.truth("GRB_Identified") is False
        and event.packet_type == _BAT_ACK,
        "values out of range": event.flag("Values_Out_of_Range"),
        "galaxy in error circle": event.flag("Galaxy_in_Err_Circle"),
        "target of opportunity": event.flag("TOO_Generated"),
        "time is of the observation": event.packet_type in {_XRT, _XRT_NACK, _UVOT, _UVOT_NACK},
    }
    return frozenset(flag for flag, is_set in flags.items() if is_set)

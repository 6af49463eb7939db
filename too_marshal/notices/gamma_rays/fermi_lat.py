"""Fermi LAT: positions found on board and on the ground, flares of known sources.

A LAT burst has several numbers: on board the mission-elapsed time of the trigger, on
the ground often another one, sometimes GBM's date and fraction. They become
aliases; whether they are one burst is for the association to say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from too_marshal.notices.formats.unified import core_notice, read_time
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

STREAM = "fermi_lat"

declare(
    Stream(
        STREAM,
        "Fermi LAT",
        Messenger.GAMMA_RAYS,
        packets=(
            "FERMI_LAT_POS_INI",
            "FERMI_LAT_POS_UPD",
            "FERMI_LAT_POS_DIAG",
            "FERMI_LAT_OFFLINE",
            "FERMI_LAT_MONITOR",
            "FERMI_LAT_GND",
        ),
    ),
    Stream("fermi_lat_monitor", "Fermi LAT, monitored sources", Messenger.GAMMA_RAYS),
)

CONTAINMENT = 0.9
"""Of the stated radius, statistical only (GCN: Fermi LAT notices)."""

_AUTHORITIES = ("nasa.gsfc.gcn/Fermi",)
_INITIAL, _UPDATE, _DIAGNOSTIC, _TRANSIENT, _TEST = 120, 121, 122, 123, 124
_MONITOR, _SLEW, _GROUND, _OFFLINE = 125, 126, 127, 128
_RANK = {_INITIAL: 1, _UPDATE: 2, _DIAGNOSTIC: 3, _TRANSIENT: 3, _GROUND: 4, _OFFLINE: 5}
_MET_ZERO = datetime(2001, 1, 1, tzinfo=UTC)
_A_DAY = timedelta(days=1)


@parses_packet(
    _INITIAL, _UPDATE, _DIAGNOSTIC, _TRANSIENT, _GROUND, _OFFLINE, _TEST,
    mission="fermi", authorities=_AUTHORITIES,
)  # fmt: skip
def parse_position(event: VOEvent) -> Notice:
    """Read a position of a burst."""
    base = base_notice(event, STREAM)
    packet_type = event.packet_type or 0
    key = trigger_key(event)
    aliases, related = _other_identifiers(key, base.event_time)
    onboard = packet_type in {_INITIAL, _UPDATE, _DIAGNOSTIC}
    return placed(
        event,
        replace(
            base,
            event_key=key or time_key(base.event_time),
            order=(_RANK.get(packet_type, 0), base.order[1], event.integer("Record_Num") or 0),
            sequence=event.integer("Record_Num"),
            kind=_kind(event),
            localization=source_circle(event, CONTAINMENT, systematics_included=False),
            aliases=aliases,
            related=related,
            flags=base.flags
            | ({"not a GRB"} if event.flag("Def_NOT_a_GRB") else frozenset())
            # Packets 120 to 122 state 0.5 deg whatever the burst.
            | ({"placeholder error radius"} if onboard else frozenset()),
            attributes=numbers(
                event,
                temporal_test_statistic="Temp_Test_Stat",
                image_test_statistic="Image_Test_Stat",
                integration_time_s="Integ_Time",
                counts="Burst_Inten",
            ),
        ),
    )


@parses_packet(_MONITOR, mission="fermi", authorities=_AUTHORITIES)
def parse_monitor(event: VOEvent) -> Notice:
    """Read a flare of a known source. Its `Signif` and energy band are meaningless."""
    base = base_notice(event, "fermi_lat_monitor")
    source = event.text("SourceName")
    if source is not None:
        source = source.removesuffix(".png").removesuffix("_86400")
    return replace(
        base,
        event_key=trigger_key(event) or time_key(base.event_time),
        kind=Kind.RETRACTION if event.flag("Retraction") else Kind.INFORMATION,
        position=source_point(event),
        name=source,
        links=links(event, **{"light curve": "LC_URL"}),
        flags=base.flags | {"known source"},
        attributes=numbers(event, flux="Curr_Flux", flux_error="Curr_Flux_Err", base="Base_Flux"),
    )


@parses_packet(_SLEW, mission="fermi", authorities=_AUTHORITIES)
def parse_repoint(event: VOEvent) -> Notice:
    """Read that Fermi turns towards a burst by itself."""
    base = base_notice(event, STREAM)
    return replace(
        base,
        event_key=trigger_key(event),
        position=source_point(event),
        attributes=numbers(event, observing_time_s="Obs_Time"),
    )


@parses_topic("gcn.notices.fermi.lat.flare", schema="fermi/lat/flare")
def parse_flare(document: Document) -> Notice:
    """Read a flare of a source of the catalog. It has no number: name and day are its key."""
    base = core_notice(document, "fermi_lat_monitor")
    start, flags = read_time(document, "observation_start")
    key = None if base.name is None or start is None else f"{base.name} {start:%Y-%m-%d}"
    return replace(
        base,
        event_key=key,
        kind=Kind.INFORMATION,
        event_time=start,
        flags=base.flags | flags | {"known source"},
        attributes=dict(base.attributes) | _flare_attributes(document),
    )


def _flare_attributes(document: Document) -> dict[str, Any]:
    attributes = {
        "flux_ratio": document.number("flux_ratio"),
        "test_statistic": document.number("TS"),
        "observation_stop": document.text("observation_stop"),
        "reference_catalog": document.text("reference_catalog"),
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _kind(event: VOEvent) -> Kind:
    if event.packet_type == _TEST:
        return Kind.TEST
    if event.flag("Def_NOT_a_GRB"):
        return Kind.RETRACTION
    return Kind.INITIAL if event.packet_type in {_INITIAL, _OFFLINE} else Kind.UPDATE


def _other_identifiers(
    key: str | None, time: datetime | None
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What the trigger number is: a mission-elapsed time, as GBM's, or a date and fraction."""
    if key is None or time is None or len(key) != 9:
        return (), ()
    if abs(_MET_ZERO + timedelta(seconds=int(key)) - time) < _A_DAY:
        return (), (("fermi_gbm", key),)
    if key.startswith(f"{time:%y%m%d}"):
        return (f"bn{key}",), ()
    return (), ()

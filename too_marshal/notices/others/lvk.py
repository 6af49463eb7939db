"""LIGO, Virgo and KAGRA: JSON (`igwn.gwalert`), the same as Avro, and VOEvents of the archives.

LVK JSON has no serial number; `time_created` is its only sequence, and alerts
made within one second are ordered by their kind. The VOEvent of the same alert
carries the same time in Who/Date, so the two encodings sort together.

References
----------
LIGO/Virgo/KAGRA Public Alerts User Guide; igwn-gwalert-schema 1.3.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from too_marshal.notices.formats.classic import base_notice, https, links
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.numbers import read_float
from too_marshal.notices.formats.times import TimeUnreadable, epoch_milliseconds, parse_utc
from too_marshal.notices.formats.unified import UNKNOWN_KIND
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import InlineMap, Kind, MapLink, Notice, NoticeMalformed
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare, stream_called

STREAM = "lvk"

declare(
    # All public alerts, significant or not: LVK Public Alerts User Guide, two a day.
    Stream(
        STREAM,
        "LIGO/Virgo/KAGRA",
        Messenger.GRAVITATIONAL_WAVES,
        rate=730.0,
        subject_prefix="LIGO/Virgo/KAGRA ",
        known_as=("lvk",),
        topics=("igwn.gwalert",),
        is_urgent=True,
    ),
)


_SUPEREVENT = re.compile(r"[A-Z]{1,2}\d{6}[A-Za-z]{0,6}|[GMTEH]\d{1,9}")

_KINDS = {
    "EARLYWARNING": Kind.INITIAL,
    "PRELIMINARY": Kind.INITIAL,
    "INITIAL": Kind.INITIAL,
    "UPDATE": Kind.UPDATE,
    "RETRACTION": Kind.RETRACTION,
}
_RANK = {name: rank for rank, name in enumerate(_KINDS, start=1)}
_SPELLINGS = {"RETRACTED": "RETRACTION"}
_RETRACTION = 164
_PACKETS = {150: "PRELIMINARY", 151: "INITIAL", 152: "UPDATE", 163: "EARLYWARNING"}
"""What a packet type says where `AlertType` says nothing."""


@parses_topic("igwn.gwalert", members=("superevent_id", "alert_type", "time_created"))
def parse_gwalert(document: Document) -> Notice:
    """Read an alert: JSON, or the record of an Avro message."""
    superevent = _superevent(document.required_text("superevent_id"))
    alert_type = _alert_type(document.required_text("alert_type"))
    sent = _sent(document.required_text("time_created"))
    event = document.child("event") or Document({})
    coincidence = document.child("external_coinc") or Document({})
    urls = document.child("urls") or Document({})
    time, time_flags = _event_time(event.text("time"), alert_type)
    localization, map_flags = _inline_map(event, coincidence)
    page = https(urls.text("gracedb"))
    return Notice(
        stream=STREAM,
        event_key=superevent,
        notice_id=f"{superevent} {alert_type} {sent:%Y-%m-%dT%H:%M:%SZ}",
        order=(epoch_milliseconds(sent), _rank(alert_type), 0),
        kind=_KINDS.get(alert_type, Kind.UPDATE),
        role=_role(superevent),
        event_time=time,
        published=sent,
        localization=localization,
        name=superevent,
        type_name=alert_type,
        classification=event.numbers("classification"),
        properties=event.numbers("properties"),
        far=event.number("far"),
        significant=event.truth("significant"),
        links={} if page is None else {"GraceDB": page},
        related=_related(coincidence.text("observatory"), coincidence.text("gcn_notice_id")),
        flags=time_flags | map_flags | _kind_flags(alert_type),
        attributes=_attributes(event, coincidence),
    )


@parses_packet(
    *(150, 151, 152, 153, 163, 164),
    mission="lvk",
    authorities=("gwnet/LVC", "gwnet/gcn_sender"),
)
def parse_voevent(event: VOEvent) -> Notice:
    """Read an alert of the archives (LVK sent its last VOEvent on 8 July 2026)."""
    base = base_notice(event, STREAM)
    superevent = _superevent(event.text("GraceID") or "")
    url = https(event.text("skymap_fits"))
    retracts = any(cite == "retraction" for cite, _ in event.citations)
    if retracts or event.packet_type == _RETRACTION:
        alert_type = "RETRACTION"
    else:
        stated = event.text("AlertType") or _PACKETS.get(event.packet_type or 0, "")
        alert_type = _alert_type(stated)
    order = (base.order[1], _rank(alert_type), base.order[2])
    return replace(
        base,
        event_key=superevent,
        order=order,
        kind=_KINDS.get(alert_type, Kind.UPDATE),
        role="test" if base.role == "observation" and _role(superevent) == "test" else base.role,
        localization=None if url is None else MapLink(url),
        name=superevent,
        type_name=alert_type,
        classification=_finite_numbers(event.group("Classification")),
        properties=_finite_numbers(event.group("Properties")),
        far=event.number("FAR"),
        significant=event.truth("Significant"),
        links=links(event, GraceDB="EventPage"),
        related=_related(event.text("External_Observatory"), event.text("External_GCN_Notice_Id")),
        flags=base.flags | _voevent_flags(event) | _kind_flags(alert_type),
        attributes=_voevent_attributes(event),
    )


def _superevent(name: str) -> str:
    if not _SUPEREVENT.fullmatch(name):
        raise NoticeMalformed(f"{name[:40]!r} is no superevent")
    return name


def _alert_type(text: str) -> str:
    """One spelling: EARLY_WARNING (before 2023), EarlyWarning (VOEvent), EARLYWARNING."""
    name = re.sub("[^A-Z]", "", text.upper())[:40]
    if not name:
        raise NoticeMalformed(f"{text[:40]!r} is no alert type")
    return _SPELLINGS.get(name, name)


def _rank(alert_type: str) -> int:
    return _RANK.get(alert_type, _RANK["UPDATE"])


def _kind_flags(alert_type: str) -> frozenset[str]:
    """A word that we do not know is an update with a flag: it may be all that we hear."""
    return frozenset(() if alert_type in _KINDS else {f"{UNKNOWN_KIND} {alert_type!a}"})


def _role(superevent: str) -> str:
    """Mock and test superevents begin with M and T."""
    return "test" if superevent[0] in "MT" else "observation"


def _sent(text: str) -> datetime:
    try:
        return parse_utc(text).time
    except TimeUnreadable as err:
        raise NoticeMalformed(f"time_created: {err}") from err


def _event_time(text: str | None, alert_type: str) -> tuple[datetime | None, frozenset[str]]:
    if text is None:
        missing = alert_type != "RETRACTION"  # whose event is null
        return None, frozenset({"no event time"} if missing else ())
    try:
        moment = parse_utc(text)
    except TimeUnreadable:
        return None, frozenset({"event time unreadable"})
    return moment.time, frozenset({"time repaired"} if moment.repaired else ())


def _inline_map(event: Document, coincidence: Document) -> tuple[InlineMap | None, frozenset[str]]:
    fits, flags = event.file("skymap")
    combined, more = coincidence.file("combined_skymap")
    return None if fits is None else InlineMap(fits, combined), flags | more


def _related(observatory: str | None, event_id: str | None) -> tuple[tuple[str, str], ...]:
    stream = stream_called(observatory or "")
    return () if stream is None or event_id is None else ((stream, event_id),)


def _attributes(event: Document, coincidence: Document) -> dict[str, Any]:
    chirp_mass = event.child("mchirp_source")
    attributes: dict[str, Any] = {
        "instruments": list(event.texts("instruments")),
        "group": event.text("group"),
        "pipeline": event.text("pipeline"),
        "search": event.text("search"),
        "duration_s": event.number("duration"),
        "central_frequency_hz": event.number("central_frequency"),
    }
    if chirp_mass is not None:
        attributes["chirp_mass_bin_edges_solar_mass"] = list(chirp_mass.listed_numbers("bin_edges"))
        attributes["chirp_mass_probabilities"] = list(chirp_mass.listed_numbers("probabilities"))
    if coincidence:
        attributes["external_coincidence"] = {
            "observatory": coincidence.text("observatory"),
            "search": coincidence.text("search"),
            "ivorn": coincidence.text("ivorn"),
            "notice": coincidence.text("gcn_notice_id"),
            "time_difference_s": coincidence.number("time_difference"),
            "time_far_hz": coincidence.number("time_coincidence_far"),
            "time_sky_far_hz": coincidence.number("time_sky_position_coincidence_far"),
        }
    return {name: value for name, value in attributes.items() if value not in (None, [])}


def _voevent_flags(event: VOEvent) -> frozenset[str]:
    parameters = {"hardware injection": "HardwareInj", "internal": "internal"}
    return frozenset(flag for flag, name in parameters.items() if event.flag(name))


def _voevent_attributes(event: VOEvent) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "instruments": (event.text("Instruments") or "").split(",")
        if event.text("Instruments")
        else [],
        "group": event.text("Group"),
        "pipeline": event.text("Pipeline"),
        "search": event.text("Search"),
        "duration_s": event.number("Duration"),
        "central_frequency_hz": event.number("CentralFreq"),
        "open_alert": event.truth("OpenAlert"),
    }
    if event.text("External_Observatory") is not None:
        attributes["external_coincidence"] = {
            "observatory": event.text("External_Observatory"),
            "search": event.text("External_Search"),
            "ivorn": event.text("External_Ivorn"),
            "notice": event.text("External_GCN_Notice_Id"),
            "time_difference_s": event.number("Time_Difference"),
            "time_far_hz": event.number("Time_Coincidence_FAR"),
            "time_sky_far_hz": event.number("Time_Sky_Position_Coincidence_FAR"),
            "combined_map": https(event.text("joint_skymap_fits")),
        }
    return {name: value for name, value in attributes.items() if value not in (None, [])}


def _finite_numbers(group: Mapping[str, str]) -> dict[str, float]:
    numbers = {name: read_float(value) for name, value in group.items()}
    return {name: value for name, value in numbers.items() if value is not None}

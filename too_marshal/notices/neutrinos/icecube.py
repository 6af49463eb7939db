"""IceCube: gold and bronze tracks, cascades, and the HESE and EHE alerts of the archives.

The radius is a 90 % containment, statistical until the revision (of a cascade with
systematics); that of EHE is 50 %. Rates are per year in VOEvents and in Hz in JSON.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.classic import (
    base_notice,
    https,
    numbers,
    placed,
    source_circle,
    time_key,
)
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_map, core_region
from too_marshal.notices.formats.unified import core_kind, core_notice
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Localization, MapLink, Notice
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.streams import DayNames, Messenger, Stream, declare
from too_marshal.units import YEAR

STREAM = "icecube"

declare(
    # Gold and bronze tracks: Abbasi et al. 2023, ApJS 269, 25. Cascades: 8 more.
    Stream(
        STREAM,
        "IceCube",
        Messenger.NEUTRINOS,
        rate=36.0,
        known_as=("icecube",),
        topics=("gcn.notices.icecube.gold_bronze_track_alerts",),
        packets=("ICECUBE_ASTROTRACK_GOLD", "ICECUBE_ASTROTRACK_BRONZE", "ICECUBE_CASCADE"),
        # As in the event_name of cascades' notices and in the subjects of circulars.
        day_names=(
            DayNames("IceCubeCascade-", is_upper_case=False, type_word="cascade"),
            DayNames("IceCube-"),
        ),
        circular_names=("IceCube-",),
    ),
)


PER_YEAR = 1 / YEAR
"""Hz."""

_HESE, _EHE, _GOLD, _BRONZE, _CASCADE = 158, 169, 173, 174, 176
_AUTHORITIES = ("nasa.gsfc.gcn/AMON",)
_RUN_EVENT = re.compile(
    r"(?:run\s*)?0*(\d{5,9})[\s_.:/-]+(?:eve?n?t\s*)?0*(\d{1,12})"
    r"(?:[\s_.:/-]+(?:rev\s*)?(\d{1,3}))?",
    re.ASCII | re.IGNORECASE,
)
"""Run and event, with the revision behind them in earlier versions of the schema."""


@parses_packet(_GOLD, _BRONZE, _CASCADE, _HESE, _EHE, mission="icecube", authorities=_AUTHORITIES)
def parse_voevent(event: VOEvent) -> Notice:
    """Read a track or cascade alert."""
    base = base_notice(event, STREAM)
    run, event_id = event.integer("run_id"), event.integer("event_id")
    revision = event.integer("Rev") or 0
    key = event.text("AMON_ID") or event.text("ID")
    aliases: tuple[str, ...] = ()
    if run is not None and event_id is not None:
        key, aliases = event_key(run, event_id), (f"{run}_{event_id}",)
    name = event.text("event_name")
    return placed(
        event,
        replace(
            base,
            event_key=key or time_key(base.event_time),
            order=(revision, *base.order[1:]),
            sequence=revision,
            kind=_kind(event, revision),
            localization=_localization(event),
            name=name,
            far=_rate(event),
            aliases=aliases if name is None else (*aliases, name),
            flags=base.flags | _flags(event),
            attributes=_attributes(event),
        ),
    )


@parses_topic(
    "gcn.notices.icecube.gold_bronze_track_alerts",
    "gcn.notices.icecube.single_neutrino_alerts",
    schema="icecube/single_neutrino_alerts",
)
def parse_json(document: Document) -> Notice:
    """Read a track or cascade alert."""
    base = core_notice(document, STREAM)
    key, aliases, stated_revision = _json_identity(document)
    names = document.identifiers("event_name")
    numbered = document.integer("record_number")
    revision = stated_revision if numbered is None else numbered
    region = core_region(document)
    return replace(
        base,
        event_key=key or time_key(base.event_time),
        order=(max(base.order[0], revision), *base.order[1:]),
        sequence=revision,
        kind=core_kind(document, default=Kind.UPDATE if revision else Kind.INITIAL),
        localization=core_map(document, region) or region,
        name=names[0] if names else None,
        type_name=document.text("pipeline") or "",
        aliases=aliases + names,
        attributes=dict(base.attributes) | _json_attributes(document),
    )


def event_key(run: int, event: int) -> str:
    """IceCube's identifier of an event, the same in every encoding: run, then event."""
    return f"{run}{event}"


def _json_identity(document: Document) -> tuple[str | None, tuple[str, ...], int]:
    """Key, other names, and the revision, whichever version of the schema writes them.

    Earlier ones have the revision behind run and event, or run and event as two members of
    the list; a run alone names every neutrino that was seen in it, and is no name of any.
    """
    ids = document.required_identifiers("id")
    for name in (*ids, "_".join(ids)):
        match = _RUN_EVENT.fullmatch(name)
        if match is not None:
            run, event = int(match[1]), int(match[2])
            others = tuple(other for other in ids if name in ids and other != name)
            return event_key(run, event), (f"{run}_{event}", *others), int(match[3] or 0)
    return (ids[0] if ids else None), ids, 0


def _kind(event: VOEvent, revision: int) -> Kind:
    if event.flag("Retraction", "Trigger_ID"):
        return Kind.RETRACTION
    if event.flag("Test", "Trigger_ID") or event.flag("InternalTest", "Trigger_ID"):
        return Kind.TEST
    return Kind.UPDATE if revision else Kind.INITIAL


def _localization(event: VOEvent) -> Localization | None:
    containment = 0.5 if event.packet_type == _EHE else 0.9
    # The radius of a cascade is said to be statistical and systematic.
    is_cascade = event.packet_type == _CASCADE
    circle = source_circle(event, containment, systematics_included=is_cascade)
    url = https(event.text("skymap_fits"))
    return circle if url is None else MapLink(url, circle)


def _rate(event: VOEvent) -> float | None:
    """False-alarm rate in Hz; HESE's column is always zero, which says nothing."""
    per_year = event.number("FAR")
    return per_year * PER_YEAR if per_year else None


def _flags(event: VOEvent) -> frozenset[str]:
    flags = {
        # 8.9 and 1.23 deg are what HESE states before a reconstruction has been made.
        "default error radius": event.packet_type == _HESE
        and event.number("src_error_90") in {8.9, 1.2299},
        "internal test": event.flag("InternalTest", "Trigger_ID"),
    }
    return frozenset(flag for flag, is_set in flags.items() if is_set)


def _attributes(event: VOEvent) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "run_id": event.integer("run_id"),
        "event_id": event.integer("event_id"),
        "signalness": event.number("signalness") or event.number("Signalness"),
    }
    attributes |= numbers(
        event,
        energy_tev="energy",
        charge_photoelectrons="charge",
        signal_trackness="signal_trackness",
        radius_50_deg="src_error_50",
        radius_90_deg="src_error_90",
    )
    return {name: value for name, value in attributes.items() if value is not None}


def _json_attributes(document: Document) -> dict[str, Any]:
    attributes = {
        "pipeline": document.text("pipeline"),
        "signalness": document.number("p_astro"),
        "energy_tev": document.number("nu_energy"),
        "topology": document.text("alert_topology"),
        "events": document.integer("number_of_events"),
    }
    return {name: value for name, value in attributes.items() if value is not None}

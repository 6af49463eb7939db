"""Fermi GBM's JSON notices, the same sequence as its packets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.classic import https
from too_marshal.notices.formats.earth import occultation_from_subpoint
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_map, core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.gamma_rays.fermi_gbm import (
    ALERT,
    CONTAINMENT,
    FINAL,
    FLIGHT,
    GROUND,
    RANK,
    STREAM,
    systematic_model,
)
from too_marshal.notices.notice import Notice
from too_marshal.notices.registration import parses_topic

_PACKETS = {
    "INITIAL_ALERT": ALERT,
    "FLIGHT_POSITION": FLIGHT,
    "GROUND_POSITION": GROUND,
    "FINAL_POSITION": FINAL,
}


@parses_topic("gcn.notices.fermi.gbm", "gcn.notices.fermi.gbm.trigger", schema="fermi/gbm/trigger")
def parse(document: Document) -> Notice:
    """Read a notice; its radius contains the systematic error in flight positions only."""
    base = core_notice(document, STREAM)
    rank = RANK.get(_PACKETS.get((document.text("subtype") or "").upper(), 0), 0)
    model = systematic_model(base.event_time, by_human=document.truth("human_in_the_loop"))
    region = core_region(document, CONTAINMENT, model)
    names = tuple(name for name in base.aliases if name.startswith("bn"))
    light_curve = https(document.text("light_curve_url"))
    classes = base.classification
    likeliest = max(classes, key=lambda name: classes[name], default=None)
    return replace(
        base,
        order=(rank, base.order[1], base.order[0]),
        localization=core_map(document, region) or region,
        name=names[0] if names else base.name,
        type_name=document.text("subtype") or "",
        links=dict(base.links) | ({} if light_curve is None else {"light curve": light_curve}),
        flags=base.flags | _flags(likeliest),
        attributes=dict(base.attributes) | _attributes(document, base, likeliest),
    )


def _flags(likeliest: str | None) -> frozenset[str]:
    flags = {
        "not a GRB": likeliest not in {None, "GRB"},
        "unreliable location": likeliest == "UNRELIABLE_LOCATION",
    }
    return frozenset(flag for flag, is_set in flags.items() if is_set)


def _attributes(document: Document, base: Notice, likeliest: str | None) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "most_likely_class": likeliest,
        "human_generated": document.truth("human_in_the_loop"),
    }
    longitude, latitude = document.number("longitude"), document.number("latitude")
    if longitude is not None and latitude is not None and base.event_time is not None:
        attributes |= occultation_from_subpoint(longitude, latitude, base.event_time)
    return {name: value for name, value in attributes.items() if value is not None}

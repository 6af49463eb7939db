"""IceCube's search for tracks around a gravitational-wave event.

It belongs to the superevent and begins no event of its own; a later message of the
same superevent replaces it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream(
        "icecube_lvk_search",
        "IceCube search around gravitational waves",
        Messenger.NEUTRINOS,
        topics=("gcn.notices.icecube.lvk_nu_track_search",),
    ),
)


@parses_topic("gcn.notices.icecube.lvk_nu_track_search", schema="icecube/lvk_nu_track_search")
def parse(document: Document) -> Notice:
    """Read the outcome of a search: p-values, and a position of each coincident track."""
    base = core_notice(document, "icecube_lvk_search")
    superevent = document.required_text("ref_ID")
    return replace(
        base,
        event_key=superevent,
        kind=Kind.INFORMATION,
        type_name="IceCube LVK neutrino track search",
        related=(("lvk", superevent),),
        attributes=dict(base.attributes) | _attributes(document),
    )


def _attributes(document: Document) -> dict[str, Any]:
    reference = document.child("reference") or Document({})
    attributes: dict[str, Any] = {
        "searched_alerts": [text for name in reference if (text := reference.text(name))],
        "p_value_generic": document.number("pval_generic"),
        "p_value_bayesian": document.number("pval_bayesian"),
        "coincident_events": [_track(track) for track in document.children("coincident_events")],
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _track(track: Document) -> dict[str, Any]:
    where = track.child("localization") or Document({})
    return {
        "ids": list(track.texts("id")),
        "time_difference_s": track.number("event_dt"),
        "ra_deg": where.number("ra"),
        "dec_deg": where.number("dec"),
        "radius_deg": where.number("ra_dec_error"),
        "containment": where.number("containment_probability"),
        "p_value_generic": track.number("event_pval_generic"),
        "p_value_bayesian": track.number("event_pval_bayesian"),
    }

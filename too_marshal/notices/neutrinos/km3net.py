"""KM3NeT neutrino alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_map, core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Notice
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream("km3net", "KM3NeT", Messenger.NEUTRINOS),
)


@parses_topic("gcn.notices.km3net", "gcn.notices.km3net.alert", schema="km3net/alert")
def parse(document: Document) -> Notice:
    """Read an alert: one neutrino or several. The radius is 90 %, the rate in Hz."""
    base = core_notice(document, "km3net")
    region = core_region(document)
    attributes: dict[str, Any] = {
        "topology": document.text("alert_topology"),
        "events": document.integer("number_of_events"),
        "radius_50_deg": document.number("src_error_50"),
        "potential_counterpart": document.truth("potential_counterpart"),
        "neutrinos": [
            {
                "id": hit.text("id"),
                "ra_deg": hit.number("ra"),
                "dec_deg": hit.number("dec"),
                "topology": hit.text("prob_evt_topology"),
            }
            for hit in document.children("event_details")
        ],
    }
    return replace(
        base,
        localization=_real_map(document, region) or region,
        attributes=dict(base.attributes)
        | {name: value for name, value in attributes.items() if value is not None},
    )


def _real_map(document: Document, region: Any) -> Any:
    """The map, unless the address is only that of the archive's front page."""
    url = document.text("healpix_url")
    return core_map(document, region) if url is None or ".fit" in url else None

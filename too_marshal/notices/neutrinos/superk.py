"""Super-Kamiokande supernova alerts, as packets and as JSON."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import (
    base_notice,
    numbers,
    placed,
    source_circle,
    time_key,
)
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet, parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

STREAM = "superk"

declare(
    Stream(
        STREAM,
        "Super-Kamiokande",
        Messenger.SUPERNOVA_NEUTRINOS,
        topics=("gcn.notices.superk.sn_alert",),
        packets=("SK_SN",),
        is_urgent=True,
    ),
)


@parses_packet(175, mission="superk", authorities=("nasa.gsfc.gcn/SK_SN",))
def parse_voevent(event: VOEvent) -> Notice:
    """Read an alert. `Error2Radius` is zero; the radii stand in `Src_Error68/90/95`, deg."""
    base = base_notice(event, STREAM)
    trigger_id = event.integer("Trigger_Number")
    return placed(
        event,
        replace(
            base,
            event_key=time_key(base.event_time) if trigger_id is None else str(trigger_id),
            kind=Kind.INITIAL,
            localization=source_circle(
                event, 0.9, systematics_included=False, radius=event.number("Src_Error90") or 0
            ),
            attributes=numbers(
                event,
                events="N_Events",
                duration_s="Duration",
                energy_limit_mev="Energy_Limit",
                minimum_distance_kpc="Min_Distance",
                maximum_distance_kpc="Max_Distance",
                radius_68_deg="Src_Error68",
                radius_95_deg="Src_Error95",
            ),
        ),
    )


@parses_topic("gcn.notices.superk.sn_alert", schema="superk/sn_alert")
def parse_json(document: Document) -> Notice:
    """Read an alert; the trigger number joins it with the packet of the same burst.

    A later analysis of the full sample overrides one of the partial sample. The
    unit of the distance is documented as kpc and used as Mpc: it is handed on as
    it stands, with a flag.
    """
    base = core_notice(document, STREAM)
    trigger_id = document.integer("trigger_number")
    distance = document.number("luminosity_distance")
    full = (document.text("processed_sample") or "").lower() == "full"
    attributes = {
        "processed_sample": document.text("processed_sample"),
        "events": document.integer("n_events"),
        "inverse_beta_decay_events": document.integer("n_ibd_events"),
        "luminosity_distance_as_stated": distance,
    }
    own = () if base.event_key is None else (base.event_key,)
    return replace(
        base,
        event_key=base.event_key if trigger_id is None else str(trigger_id),
        order=(base.order[0], int(full), base.order[1], base.order[2]),
        localization=core_region(document, containment=0.68),
        aliases=own + base.aliases,
        flags=base.flags | ({"distance unit uncertain"} if distance is not None else frozenset()),
        attributes=dict(base.attributes)
        | {name: value for name, value in attributes.items() if value is not None},
    )

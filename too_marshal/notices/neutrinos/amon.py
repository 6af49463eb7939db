"""AMON's other streams: HAWC bursts, neutrino and gamma-ray coincidences."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import (
    base_notice,
    numbers,
    placed,
    source_circle,
    time_key,
    trigger_key,
)
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.neutrinos.icecube import PER_YEAR
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet
from too_marshal.notices.streams import DayNames, Messenger, Stream, declare

declare(
    Stream("hawc", "HAWC", Messenger.GAMMA_RAYS, packets=("HAWC_BURST_MONITOR",)),
    Stream(
        "amon_nu_em",
        "AMON neutrino and gamma rays",
        Messenger.NEUTRINOS,
        packets=("AMON_NU_EM_COINC", "AMON_ICECUBE_COINC", "AMON_ICECUBE_EHE", "AMON_ICECUBE_HESE"),
        day_names=(DayNames("NuEM-", type_word="nu_em"),),
        circular_names=("NuEM-",),
    ),
    Stream("amon_coincidence", "AMON coincidence", Messenger.GAMMA_RAYS, packets=("GWHEN_COINC",)),
)

_AUTHORITIES = ("nasa.gsfc.gcn/AMON",)
_COINCIDENCE, _GW_NEUTRINO, _HAWC, _NEUTRINO_GAMMA = 157, 168, 171, 172


@parses_packet(_HAWC, mission="hawc", authorities=_AUTHORITIES)
def parse_hawc(event: VOEvent) -> Notice:
    """Read a burst seen by HAWC; the radius is 90 %, statistical."""
    base = base_notice(event, "hawc")
    run, event_id = event.integer("run_id"), event.integer("event_id")
    revision = event.integer("rev") or 0
    return placed(
        event,
        replace(
            base,
            event_key=f"{run}_{event_id}" if run and event_id else time_key(base.event_time),
            order=(revision, *base.order[1:]),
            sequence=revision,
            kind=_kind(event, revision),
            localization=source_circle(event, 0.9, systematics_included=False),
            far=_rate(event),
            attributes=numbers(event, p_value="Pvalue", time_window_s="deltaT"),
        ),
    )


@parses_packet(_NEUTRINO_GAMMA, _GW_NEUTRINO, mission="amon", authorities=_AUTHORITIES)
def parse_neutrino_coincidence(event: VOEvent) -> Notice:
    """Read a coincidence with neutrinos; the position's radius is the 50 % one."""
    base = base_notice(event, "amon_nu_em")
    event_id, day = event.integer("Event_ID"), event.text("Event_Date")
    revision = event.integer("Rev") or 0
    key = None if event_id is None else f"{event.integer('Stream') or 0}_{event_id}"
    return placed(
        event,
        replace(
            base,
            event_key=key or time_key(base.event_time),
            order=(revision, *base.order[1:]),
            sequence=revision,
            kind=_kind(event, revision),
            localization=source_circle(event, 0.5, systematics_included=False),
            name=None if day is None else f"NuEM-{day}",
            far=_rate(event),
            flags=base.flags | ({"private"} if event.flag("private") else frozenset()),
            attributes=numbers(
                event,
                time_window_s="deltaT",
                radius_50_arcmin="src_err_50",
                radius_90_arcmin="src_err_90",
            ),
        ),
    )


@parses_packet(_COINCIDENCE, mission="amon", authorities=_AUTHORITIES)
def parse_icecube_coincidence(event: VOEvent) -> Notice:
    """Read a coincidence of IceCube events, without position."""
    base = base_notice(event, "amon_coincidence")
    revision = event.integer("Rev") or 0
    return replace(
        base,
        event_key=trigger_key(event) or time_key(base.event_time),
        order=(revision, *base.order[1:]),
        sequence=revision,
        kind=_kind(event, revision),
        attributes=numbers(event, events="Nevents", p_value="pvalue", time_window_s="deltaT"),
    )


def _kind(event: VOEvent, revision: int) -> Kind:
    retractions = (("Retraction", "Trigger_ID"), ("retraction", None), ("RetractFlag", None))
    if any(event.flag(name, group) for name, group in retractions):
        return Kind.RETRACTION
    if event.flag("Test", "Trigger_ID") or event.flag("InternalTest", "Trigger_ID"):
        return Kind.TEST
    return Kind.UPDATE if revision else Kind.INITIAL


def _rate(event: VOEvent) -> float | None:
    per_year = event.number("FAR")
    return per_year * PER_YEAR if per_year else None

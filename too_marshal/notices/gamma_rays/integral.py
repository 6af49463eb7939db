"""INTEGRAL (IBAS), until February 2025.

The trigger number holds two: the burst in the lower 16 bits, the number of the
notice in its sequence above. A burst is taken back by an offline position with
`Def_NOT_a_GRB` set; a negative error radius says the same.
"""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.classic import (
    base_notice,
    numbers,
    source_circle,
    source_point,
    time_key,
    trigger_key,
)
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_packet
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream("integral", "INTEGRAL", Messenger.GAMMA_RAYS, rate=5.0, known_as=("integral",)),
)

_POINTING, _SPIACS, _WAKEUP, _REFINED, _OFFLINE, _WEAK = 51, 52, 53, 54, 55, 56
_RANK = {_POINTING: 0, _SPIACS: 1, _WEAK: 1, _WAKEUP: 2, _REFINED: 3, _OFFLINE: 4}


@parses_packet(*_RANK, mission="integral", authorities=("nasa.gsfc.gcn/INTEGRAL",))
def parse(event: VOEvent) -> Notice:
    """Read a trigger of SPI-ACS (no position) or a position of IBIS (90 %, statistical)."""
    base = base_notice(event, "integral")
    packed = trigger_key(event)
    burst, subsequence = (None, None) if packed is None else _unpack(int(packed))
    test = event.flag("Test_Notice")
    circle = source_circle(event, 0.9, systematics_included=False)
    return replace(
        base,
        event_key=time_key(base.event_time) if burst is None else str(burst),
        order=(_RANK[event.packet_type or 0], subsequence or 0, base.order[1]),
        sequence=subsequence,
        kind=_kind(event),
        role="test" if test and base.role == "observation" else base.role,
        localization=circle,
        position=None if circle else source_point(event),
        flags=base.flags | ({"not a GRB"} if _retracts(event) else frozenset()),
        attributes=numbers(
            event,
            significance_sigma="Inten_Sigma",
            timescale_s="Time_Scale",
            time_error_s="Time_Error",
        ),
    )


def _unpack(packed: int) -> tuple[int, int]:
    return packed & 0xFFFF, packed >> 16


def _retracts(event: VOEvent) -> bool:
    position = event.position
    negative = position is not None and (position.radius or 0) < 0
    return event.flag("Def_NOT_a_GRB") or (negative and event.packet_type == _OFFLINE)


def _kind(event: VOEvent) -> Kind:
    if event.packet_type == _POINTING:
        return Kind.INFORMATION
    if _retracts(event):
        return Kind.RETRACTION
    return Kind.UPDATE if event.packet_type in {_REFINED, _OFFLINE} else Kind.INITIAL

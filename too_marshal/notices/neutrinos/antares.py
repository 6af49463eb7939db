"""ANTARES, until February 2022: packets that never had a number of their type."""

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
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_unnumbered
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream("antares", "ANTARES", Messenger.NEUTRINOS, known_as=("antares",)),
)


@parses_unnumbered(mission="antares", authorities=("nasa.gsfc.gcn/Antares_Alert",))
def parse(event: VOEvent) -> Notice:
    """Read a neutrino. No containment is stated for its radius; 90 % is assumed."""
    base = base_notice(event, "antares")
    circle = source_circle(event, 0.9, systematics_included=False)
    is_real = event.truth("isRealAlert") is not False
    return placed(
        event,
        replace(
            base,
            event_key=trigger_key(event) or time_key(base.event_time),
            kind=Kind.INITIAL,
            role="test" if not is_real and base.role == "observation" else base.role,
            type_name="ANTARES",
            localization=circle,
            flags=base.flags | ({"containment assumed"} if circle else frozenset()),
            attributes=numbers(event, hits="N_Hits", p_value="pvalue", ranking="ranking"),
        ),
    )

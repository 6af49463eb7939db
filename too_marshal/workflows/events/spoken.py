"""What people call an event: its name if it has one, else what tells it apart when it is said."""

from __future__ import annotations

import re

from too_marshal.db.events import Event
from too_marshal.notices.registry import title_of
from too_marshal.workflows.events.references import BURST_NAMES

_BN = re.compile(r"bn\d{9}")
"""A trigger of Fermi GBM by date and fraction of the day: no name of a burst, if it is one."""

_TRIGGERS = {
    "swift": "Swift trigger {}",
    "swift_guano": "Swift trigger {}",
    "einstein_probe": "EP-WXT {}",
    "fermi_gbm_subthreshold": "Fermi GBM subthreshold {}",
}
"""Streams of which people say the trigger's number."""


def spoken_name(event: Event) -> str:
    """Name in titles, lists and messages.

    A name that a circular has given a burst comes first, then the mission's own. Where there is
    none a trigger's number is said with its mission, or the mission with the time: no name is made
    up, since letters count events that we may not have seen.
    """
    lent = [alias for alias in event.aliases or () if alias.startswith(BURST_NAMES)]
    if lent:
        return min(lent)
    if _BN.fullmatch(event.name):
        return f"{_bn_kind(event)} {event.name}"
    if re.search(r"[^\W\d]", event.name):
        return event.name
    if event.stream in _TRIGGERS:
        return _TRIGGERS[event.stream].format(event.name)
    if event.event_time is None:
        return f"{title_of(event.stream)} {event.name}"
    return f"{title_of(event.stream)} of {event.event_time:%Y-%m-%d %H:%M}"


def _bn_kind(event: Event) -> str:
    likely = str((event.attributes or {}).get("most_likely_class") or "GRB")
    return "GRB candidate" if likely == "GRB" else "Fermi GBM"

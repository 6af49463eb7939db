"""What people call an event: its name if it has one, else what tells it apart when it is said."""

from __future__ import annotations

import re

from too_marshal.db.events import Event
from too_marshal.notices.registry import title_of
from too_marshal.workflows.events.references import is_lent

_BN = re.compile(r"bn\d{9}")
"""A trigger of Fermi GBM by date and fraction of the day: no name of a burst, if it is one."""

_TRIGGERS = {
    "swift": "Swift trigger {}",
    "swift_guano": "Swift trigger {}",
    "einstein_probe": "EP-WXT {}",
    "integral": "INTEGRAL trigger {}",
    "fermi_gbm_subthreshold": "Fermi GBM subthreshold {}",
}
"""Streams of which people say the trigger's number."""


def spoken_name(event: Event) -> str:
    """Name in titles, lists and messages.

    A name that a person has given comes first, then one by a circular, then the mission's own,
    then the one that its rule makes (`workflows.events.day_names`). Where there is none a trigger's
    number is said with its mission, or the mission with the time: the letters of bursts, of
    Einstein Probe's transients and of radio bursts count what is not sent out as notices, and are
    not made up.
    """
    lent = [alias for alias in event.aliases or () if is_lent(event.stream, alias)]
    return event.given_name or min(lent, default=None) or event.counted_name or _own_name(event)


def _own_name(event: Event) -> str:
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


def basis_of_name(event: Event) -> str:
    """Who calls it so, where that is not the mission's own word; empty otherwise."""
    if event.given_name:
        return f"named by {event.given_by}"
    if any(is_lent(event.stream, alias) for alias in event.aliases or ()):
        return "named by a circular or a notice"
    if event.counted_name:
        return "by our count of that day's alerts, until a circular or a notice names it"
    return ""

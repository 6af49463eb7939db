"""Events: what is known of them, what people say of them, and those that people enter."""

from too_marshal.api.events import alarm, by_hand, candidates, links, notes
from too_marshal.api.events.event import EVENT, event_to_json, get_event

__all__ = [
    "EVENT",
    "alarm",
    "by_hand",
    "candidates",
    "event_to_json",
    "get_event",
    "links",
    "notes",
]

"""How often each stream sends, and how far apart in time two missions see one source."""

from __future__ import annotations

from datetime import timedelta

from too_marshal.db.events import Event
from too_marshal.notices.registry import STREAMS
from too_marshal.notices.streams import Messenger

DEFAULT_RATE = 100.0
"""Per year, of a stream that has no published rate."""

_WINDOWS = {
    # As RAVEN's for mergers; the burst follows.
    (Messenger.GRAVITATIONAL_WAVES, Messenger.GAMMA_RAYS): (-1.0, 5.0),
    (Messenger.GRAVITATIONAL_WAVES, Messenger.SUPERNOVA_NEUTRINOS): (-10.0, 10.0),
    # As IceCube's search around superevents.
    (Messenger.GRAVITATIONAL_WAVES, Messenger.NEUTRINOS): (-500.0, 500.0),
    (Messenger.GRAVITATIONAL_WAVES, Messenger.X_RAYS): (-500.0, 500.0),
    (Messenger.GAMMA_RAYS, Messenger.NEUTRINOS): (-500.0, 500.0),
    # Two missions trigger on different pulses of one burst; softer ones also much earlier.
    (Messenger.GAMMA_RAYS, Messenger.GAMMA_RAYS): (-120.0, 120.0),
    (Messenger.GAMMA_RAYS, Messenger.X_RAYS): (-500.0, 500.0),
    (Messenger.NEUTRINOS, Messenger.SUPERNOVA_NEUTRINOS): (-10.0, 10.0),
}
"""Time of the second minus time of the first, s."""

_BURST_WINDOW = (-60.0, 600.0)
"""As RAVEN's for unmodeled gravitational-wave bursts."""

MAX_WINDOW = timedelta(seconds=600)
"""No two events farther apart are compared."""


def published_rate(stream: str) -> float:
    """Events a year; the rate at which we receive them counts if it is larger."""
    known = STREAMS.get(stream)
    return DEFAULT_RATE if known is None or known.rate is None else known.rate


def time_window(first: Event, second: Event) -> tuple[float, float]:
    """Least and greatest time of the second minus that of the first, s; (0, 0) for none."""
    kinds = (_messenger(first), _messenger(second))
    if kinds not in _WINDOWS:
        if kinds[::-1] not in _WINDOWS:
            return 0.0, 0.0
        low, high = time_window(second, first)
        return -high, -low
    if kinds == (Messenger.GRAVITATIONAL_WAVES, Messenger.GAMMA_RAYS):
        if first.attributes.get("group") == "Burst":
            return _BURST_WINDOW
        stream = STREAMS.get(second.stream)
        return (stream and stream.merger_window) or _WINDOWS[kinds]
    return _WINDOWS[kinds]


def _messenger(event: Event) -> Messenger:
    stream = STREAMS.get(event.stream)
    messenger = None if stream is None else stream.messenger
    # A fast radio burst is compared as a gamma-ray burst is: no window of its own is published.
    is_own = messenger is not None and any(messenger in pair for pair in _WINDOWS)
    return messenger if messenger is not None and is_own else Messenger.GAMMA_RAYS

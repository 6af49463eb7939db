"""What is known of a stream besides its packets; each is declared in the module that reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Messenger(StrEnum):
    """What a stream detects."""

    GRAVITATIONAL_WAVES = "gravitational waves"
    NEUTRINOS = "neutrinos"
    SUPERNOVA_NEUTRINOS = "supernova"
    GAMMA_RAYS = "gamma rays"
    X_RAYS = "x rays"
    RADIO = "radio"
    OPTICAL = "optical"


@dataclass(frozen=True)
class DayNames:
    """How a mission names its events: by the day (UTC), and letters in the order of their times."""

    prefix: str
    """What stands before the date, e.g. "IceCube-"."""

    is_upper_case: bool = True
    """Whether the letters are."""

    type_word: str = ""
    """What the type of its notices contains, in lower case; empty: whatever no other has."""


@dataclass(frozen=True)
class Stream:
    """Where notices come from."""

    name: str
    """As it is stored, e.g. "fermi_gbm"."""

    title: str
    """As people call it, e.g. "Fermi GBM"."""

    messenger: Messenger | None = None
    """What it detects; None for what detects nothing itself, as circulars."""

    rate: float | None = None
    """Published number of events a year, if any."""

    subject_prefix: str = ""
    """What GCN wants before an event's name in the subject of a circular."""

    topics: tuple[str, ...] = ()
    """Kafka topics that the listener subscribes to unless it is told otherwise."""

    packets: tuple[str, ...] = ()
    """The same, by the names of GCN Classic's packet types."""

    is_urgent: bool = False
    """Its notices are understood before anything else that has arrived."""

    makes_events: bool = True
    """Its notices can be the first word of an event; others only speak of events that exist."""

    lists_events: bool = False
    """One of its messages is about several events, each as much as the other."""

    names_any: bool = False
    """It calls events by names of any mission."""

    known_as: tuple[str, ...] = ()
    """Names by which notices of others call it, in lower case, without spaces and signs."""

    day_names: tuple[DayNames, ...] = ()
    """How its events are named where their notices tell no name; special ones first."""

    circular_names: tuple[str, ...] = ("GRB ", "XRF ", "SGR ", "EP2")
    """What the names begin with that circulars give its events, by trigger number."""

    merger_window: tuple[float, float] | None = None
    """Its time minus that of a merger of which it may have seen the light, s, if of its own."""


STREAMS: dict[str, Stream] = {}
"""Every stream whose module has been imported, by name; `notices.registry` imports them all."""


def declare(*streams: Stream) -> None:
    """Make streams known.

    Raises
    ------
    ValueError
        If two have one name.
    """
    for stream in streams:
        if stream.name in STREAMS:
            raise ValueError(f"stream {stream.name} is declared twice")
        STREAMS[stream.name] = stream


def title_of(name: str) -> str:
    """What people call a stream; its name where it is none of ours any more."""
    return STREAMS[name].title if name in STREAMS else name


def stream_called(name: str) -> str | None:
    """Name of the stream that notices of others call so ("Fermi", "EP-WXT"), if any is."""
    plain = re.sub(r"[\W_]+", "", name.lower())
    return next((stream.name for stream in STREAMS.values() if plain in stream.known_as), None)

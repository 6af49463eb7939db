"""Which events a notice names. Pure: a document in, names out."""

from __future__ import annotations

from too_marshal.db.events import normalized_name
from too_marshal.notices.registry import STREAMS
from too_marshal.workflows.events.summarize import Document, is_information

CIRCULARS = "circulars"

LISTING = frozenset(name for name, stream in STREAMS.items() if stream.lists_events)
"""Streams of which one message is about several events, each as much as the other."""

_NAMING = frozenset(name for name, stream in STREAMS.items() if stream.names_any)
"""Streams that call events by names of any mission."""

BURST_NAMES = ("GRB ", "XRF ", "SGR ", "EP2")
"""Names of bursts, whichever mission saw them."""


def references(document: Document) -> list[tuple[str | None, str]]:
    """Events that a notice names, the one that it is about first.

    Returns
    -------
    list of (str or None, str)
        Stream and name as compared (`db.events.normalized_name`); without a stream the name is one
        of any mission.
    """
    stated = [(entry["stream"], entry["event_key"]) for entry in document.get("related", [])]
    if not is_information(document):
        named: list[tuple[str | None, str]] = [*stated]
    else:
        own = document.get("event_key")
        named = [] if own is None else [(document["stream"], own)]
        names = [(None, name) for name in _names_of_any(document)]
        # A circular on one kind of source may mention another, as a burst, that is not it.
        named += [reference for reference in stated if _is_subject(document, *reference)]
        named += [*names, *stated]
    normalized = [(stream, normalized_name(name)) for stream, name in named]
    return [reference for reference in dict.fromkeys(normalized) if reference[1]]


def circular_name(document: Document) -> str | None:
    """The name that a circular calls its source by."""
    name = document.get("name")
    return str(name) if name and document["stream"] == CIRCULARS else None


def is_lent(stream: str, name: str) -> bool:
    """Whether circulars give events of a stream such names: those that state a trigger number do.

    A mission's own identifiers are not among them.
    """
    return stream in STREAMS and name.startswith(STREAMS[stream].circular_names)


def _names_of_any(document: Document) -> list[str]:
    if document["stream"] not in _NAMING:
        return []
    names = [document.get("event_key"), document.get("name"), *document.get("aliases", [])]
    return [name for name in names if name]


def _is_subject(document: Document, stream: str, key: str) -> bool:
    """Whether a notice is about the event that it refers to, and does not only mention it."""
    if document["stream"] != CIRCULARS:
        return True
    name = str(document.get("name") or BURST_NAMES[0])
    return key == name or is_lent(stream, name)

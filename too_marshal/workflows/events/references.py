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
"""Names that no mission gives: a circular that states a trigger number lends its burst one."""


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
        if _is_of_burst(document):
            named += [*stated, *names]
        else:
            # A circular on another kind of source may mention a burst that is not it.
            named += [reference for reference in stated if reference[1] == document.get("name")]
            named += [*names, *stated]
    normalized = [(stream, normalized_name(name)) for stream, name in named]
    return [reference for reference in dict.fromkeys(normalized) if reference[1]]


def circular_name(document: Document) -> str | None:
    """The name that a circular lends to the burst whose trigger number it states."""
    name = document.get("name")
    if document["stream"] != CIRCULARS or not str(name or "").startswith(BURST_NAMES):
        return None
    return str(name)


def _names_of_any(document: Document) -> list[str]:
    if document["stream"] not in _NAMING:
        return []
    names = [document.get("event_key"), document.get("name"), *document.get("aliases", [])]
    return [name for name in names if name]


def _is_of_burst(document: Document) -> bool:
    if document["stream"] != CIRCULARS:
        return True
    return str(document.get("name") or "GRB ").startswith(BURST_NAMES)

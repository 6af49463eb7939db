"""Where parsers make themselves known. One parser a packet type, one a topic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.packet_types import packet_names
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Notice

PacketParser = Callable[[VOEvent], Notice]
DocumentParser = Callable[[Document], Notice]

CLASSIC_TOPIC = "gcn.classic.voevent."


@dataclass(frozen=True)
class PacketEntry:
    """Who reads a packet type."""

    mission: str
    """Whose packets these are; a topic of another mission must not carry them."""

    authorities: tuple[str, ...]
    """What the IVORN begins with, "ivo://" left out."""

    parse: PacketParser
    """The parser."""


@dataclass(frozen=True)
class DocumentEntry:
    """Who reads the JSON of a topic."""

    parse: DocumentParser
    """The parser."""

    schema: str | None
    """Its path below `gcn/notices/` (or `gcn/`) in the GCN schemas, without ending."""

    members: frozenset[str]
    """Members that together occur in this document and in no other."""


PACKETS: dict[int, PacketEntry] = {}
UNNUMBERED: dict[str, PacketEntry] = {}
"""Who reads packets that state no type, by what their IVORN begins with, in lower case."""

DOCUMENTS: dict[str, DocumentEntry] = {}
VOEVENT_TOPICS: dict[str, str] = {}
"""Mission by topic, for VOEvents that do not come through GCN Classic."""


def parses_packet(
    *packet_types: int, mission: str, authorities: tuple[str, ...], topics: tuple[str, ...] = ()
) -> Callable[[PacketParser], PacketParser]:
    """Register a parser of VOEvent packets.

    Raises
    ------
    ValueError
        If a packet type has a parser already.
    """

    def register(parse: PacketParser) -> PacketParser:
        for packet_type in packet_types:
            if packet_type in PACKETS:
                raise ValueError(f"packet type {packet_type} has two parsers")
            PACKETS[packet_type] = PacketEntry(mission, authorities, parse)
        for topic in topics:
            VOEVENT_TOPICS[topic] = mission
        return parse

    return register


def parses_unnumbered(
    *, mission: str, authorities: tuple[str, ...]
) -> Callable[[PacketParser], PacketParser]:
    """Register a parser of VOEvent packets that state no packet type.

    Raises
    ------
    ValueError
        If an authority has a parser already.
    """

    def register(parse: PacketParser) -> PacketParser:
        for authority in authorities:
            if authority.lower() in UNNUMBERED:
                raise ValueError(f"{authority} has two parsers")
            UNNUMBERED[authority.lower()] = PacketEntry(mission, authorities, parse)
        return parse

    return register


def parses_topic(
    *topics: str, schema: str | None = None, members: tuple[str, ...] = ()
) -> Callable[[DocumentParser], DocumentParser]:
    """Register a parser of JSON messages.

    Raises
    ------
    ValueError
        If a topic has a parser already.
    """

    def register(parse: DocumentParser) -> DocumentParser:
        for topic in topics:
            if topic in DOCUMENTS:
                raise ValueError(f"topic {topic} has two parsers")
            DOCUMENTS[topic] = DocumentEntry(parse, schema, frozenset(members))
        return parse

    return register


def all_topics() -> tuple[str, ...]:
    """Every topic that has a parser, sorted."""
    names = packet_names()
    classic = {CLASSIC_TOPIC + names[kind] for kind in PACKETS if kind in names}
    return tuple(sorted(classic | set(DOCUMENTS) | set(VOEVENT_TOPICS)))

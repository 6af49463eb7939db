"""From bytes to a Notice: finds the parser and lets nothing but its two errors out."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from dataclasses import replace

from too_marshal.notices import gamma_rays, neutrinos, others
from too_marshal.notices.formats.avro_document import MAGIC, read_avro
from too_marshal.notices.formats.json_document import Document, read_document
from too_marshal.notices.formats.limits import check_limits
from too_marshal.notices.formats.packet_types import packet_name, packet_types_by_name
from too_marshal.notices.formats.voevent import VOEvent, read_voevent
from too_marshal.notices.notice import Kind, Notice, NoticeMalformed, NoticeUnknown, Region
from too_marshal.notices.registration import (
    CLASSIC_TOPIC,
    DOCUMENTS,
    PACKETS,
    UNNUMBERED,
    VOEVENT_TOPICS,
    DocumentEntry,
    PacketEntry,
    all_topics,
)
from too_marshal.notices.streams import STREAMS, title_of

__all__ = [
    "DEFAULT_TOPICS",
    "EVENT_STREAMS",
    "STREAMS",
    "TOPICS",
    "URGENT_TOPICS",
    "ParserFault",
    "parse",
    "title_of",
]

logger = logging.getLogger(__name__)


def _import_missions() -> None:
    """Import every module that reads a mission: each makes its parsers and streams known."""
    for room in (gamma_rays, neutrinos, others):
        for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)


_import_missions()

TOPICS = all_topics()
"""Every Kafka topic that has a parser."""

DEFAULT_TOPICS = (
    *(topic for stream in STREAMS.values() for topic in stream.topics),
    *(CLASSIC_TOPIC + name for stream in STREAMS.values() for name in stream.packets),
)
"""What the listener subscribes to unless it is told otherwise."""

URGENT_TOPICS = frozenset(
    topic for stream in STREAMS.values() if stream.is_urgent for topic in stream.topics
)
"""What is understood before anything else that has arrived."""

EVENT_STREAMS = tuple(sorted(name for name, stream in STREAMS.items() if stream.makes_events))
"""Streams of which notices make events."""

_SCHEMA = re.compile(r"/gcn/(?:notices/)?([\w/.-]{1,100})\.schema\.json$")


class ParserFault(NoticeMalformed):
    """A parser met input that it did not expect: a fault of ours, kept from stopping the stream."""


def parse(payload: bytes, topic: str | None = None) -> Notice:
    """Read a message.

    Parameters
    ----------
    payload
        As received.
    topic
        Kafka topic. It decides the mission: a packet of another is refused. Without
        it (files, uploads) the content does.

    Raises
    ------
    NoticeMalformed
        If the bytes are no notice of that mission; the message names the fault.
    NoticeUnknown
        If no parser is registered for the topic or the packet type.
    """
    try:
        notice = _parse_sniffed(payload) if topic is None else _parse_topic(payload, topic)
        return check_limits(notice)
    except (NoticeMalformed, NoticeUnknown):
        raise
    except Exception as err:
        logger.exception("A parser failed", extra={"topic": topic})
        raise ParserFault(f"the parser failed: {type(err).__name__}: {err}") from err


def _parse_topic(payload: bytes, topic: str) -> Notice:
    if topic.startswith(CLASSIC_TOPIC):
        packet_type = packet_types_by_name().get(topic.removeprefix(CLASSIC_TOPIC))
        if packet_type is None or packet_type not in PACKETS:
            raise NoticeUnknown(f"no parser for the topic {topic}")
        return _parse_packet(read_voevent(payload), PACKETS[packet_type].mission)
    if topic in VOEVENT_TOPICS:
        return _parse_packet(read_voevent(payload), VOEVENT_TOPICS[topic])
    if topic not in DOCUMENTS:
        raise NoticeUnknown(f"no parser for the topic {topic}")
    return _parse_document(_read_object(payload), DOCUMENTS[topic])


def _parse_sniffed(payload: bytes) -> Notice:
    start = payload[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return _parse_packet(read_voevent(payload), None)
    if start != b"{" and not payload.startswith(MAGIC):
        raise NoticeMalformed("neither XML nor JSON nor Avro")
    document = _read_object(payload)
    return _parse_document(document, _entry_of(document))


def _parse_document(document: Document, entry: DocumentEntry) -> Notice:
    notice = entry.parse(document)
    if notice.event_key is None and notice.kind is not Kind.INFORMATION:
        raise NoticeMalformed("it tells neither which event it is about nor when that was seen")
    has_region = isinstance(notice.localization, Region)
    return replace(
        notice,
        flags=notice.flags | document.flags,
        position=None if has_region else notice.position,
    )


def _read_object(payload: bytes) -> Document:
    return read_avro(payload) if payload.startswith(MAGIC) else read_document(payload)


def _parse_packet(event: VOEvent, mission: str | None) -> Notice:
    entry = PACKETS.get(event.packet_type or -1)
    if event.text("Packet_Type") is None:
        entry = UNNUMBERED.get(_authority(event))
    if entry is None:
        raise NoticeUnknown(f"no parser for {packet_name(event.packet_type)} of {event.ivorn[:80]}")
    if mission is not None and entry.mission != mission:
        raise NoticeMalformed(f"a packet of {entry.mission} on a topic of {mission}")
    if not _is_of_authority(event, entry):
        raise NoticeMalformed(
            f"{packet_name(event.packet_type)} cannot come from {event.ivorn[:80]}"
        )
    notice = entry.parse(event)
    notice = replace(notice, flags=notice.flags | set(event.unreadable))
    if notice.role == "utility" and notice.kind in {Kind.INITIAL, Kind.UPDATE}:
        # No observation of a source: it begins no event and wakes nobody.
        return replace(notice, kind=Kind.INFORMATION)
    return notice


def _authority(event: VOEvent) -> str:
    return event.ivorn.removeprefix("ivo://").partition("#")[0].lower()


def _is_of_authority(event: VOEvent, entry: PacketEntry) -> bool:
    return _authority(event) in {authority.lower() for authority in entry.authorities}


def _entry_of(document: Document) -> DocumentEntry:
    """Find the parser of a document without a topic: by its schema, else its members."""
    schema = document.get("$schema")
    match = _SCHEMA.search(schema) if isinstance(schema, str) else None
    for entry in DOCUMENTS.values():
        if match is not None and entry.schema == match[1]:
            return entry
        if match is None and entry.members and entry.members <= document.keys():
            return entry
    raise NoticeUnknown(
        f"no parser for the schema {match[1]}" if match else "no parser knows this JSON"
    )

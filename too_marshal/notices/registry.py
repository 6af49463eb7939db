"""From bytes to a Notice: finds the parser and lets nothing but its two errors out."""

from __future__ import annotations

import logging
import re

from too_marshal.notices.formats.avro_document import MAGIC, read_avro
from too_marshal.notices.formats.json_document import Document, read_document
from too_marshal.notices.formats.limits import check_limits
from too_marshal.notices.formats.packet_types import packet_name, packet_numbers
from too_marshal.notices.formats.voevent import VOEvent, read_voevent
from too_marshal.notices.gamma_rays import (  # noqa: F401 (each registers its parsers on import)
    agile,
    calet,
    counterparts,
    einstein_probe,
    fermi_gbm,
    fermi_gbm_json,
    fermi_lat,
    gecam,
    integral,
    ipn,
    konus,
    maxi,
    small_satellites,
    svom,
    swift,
)
from too_marshal.notices.neutrinos import amon, icecube, km3net, neutrino_search, snews, superk  # noqa: F401 (each registers its parsers on import)
from too_marshal.notices.notice import Notice, NoticeMalformed, NoticeUnknown
from too_marshal.notices.others import boom, circulars, frb, heartbeat, lvk  # noqa: F401 (each registers its parsers on import)
from too_marshal.notices.registration import (
    CLASSIC_TOPIC,
    DOCUMENTS,
    PACKETS,
    VOEVENT_TOPICS,
    DocumentEntry,
    PacketEntry,
    all_topics,
)

logger = logging.getLogger(__name__)

TOPICS = all_topics()
"""Every Kafka topic that has a parser."""

_CLASSIC_DEFAULTS = {
    "FERMI_GBM": ("ALERT", "FLT_POS", "GND_POS", "FIN_POS", "SUBTHRESH", "POS_TEST"),
    "FERMI_LAT": ("POS_INI", "POS_UPD", "POS_DIAG", "OFFLINE", "MONITOR", "GND"),
    "SWIFT_BAT": ("GRB_POS_ACK", "GRB_POS_NACK", "QL_POS", "TRANS", "GRB_POS_TEST"),
    "SWIFT_XRT": ("POSITION", "CENTROID"),
    "SWIFT_UVOT": ("POS", "POS_NACK"),
    "SWIFT": ("FOM_OBS", "SC_SLEW"),
    "ICECUBE": ("ASTROTRACK_GOLD", "ASTROTRACK_BRONZE", "CASCADE"),
    "AMON": ("NU_EM_COINC", "ICECUBE_COINC", "ICECUBE_EHE", "ICECUBE_HESE"),
    "HAWC": ("BURST_MONITOR",),
    "MAXI": ("UNKNOWN", "KNOWN", "TEST"),
    "CALET_GBM": ("FLT_LC", "GND_LC"),
    "KONUS": ("LC",),
    "GECAM": ("FLT", "GND"),
    "IPN": ("POS", "RAW", "SEG"),
}
_CLASSIC_SINGLES = ("SK_SN", "SNEWS", "GRB_CNTRPART", "COINCIDENCE", "GWHEN_COINC")
_JSON_DEFAULTS = (
    "igwn.gwalert",
    "gcn.circulars",
    "gcn.heartbeat",
    "gcn.notices.boom.alert",
    "gcn.notices.chime.frb",
    "gcn.notices.dsa110.frb",
    "gcn.notices.einstein_probe.wxt.alert",
    "gcn.notices.icecube.gold_bronze_track_alerts",
    "gcn.notices.icecube.lvk_nu_track_search",
    "gcn.notices.maxi.gsc.known",
    "gcn.notices.maxi.gsc.unknown",
    "gcn.notices.superk.sn_alert",
    "gcn.notices.svom.voevent.eclairs",
    "gcn.notices.svom.voevent.grm",
    "gcn.notices.svom.voevent.mxt",
    "gcn.notices.swift.bat.guano",
)

DEFAULT_TOPICS = (
    *_JSON_DEFAULTS,
    *(
        f"{CLASSIC_TOPIC}{group}_{name}"
        for group, names in _CLASSIC_DEFAULTS.items()
        for name in names
    ),
    *(CLASSIC_TOPIC + name for name in _CLASSIC_SINGLES),
)
"""What the listener subscribes to unless it is told otherwise."""

_SCHEMA = re.compile(r"/gcn/(?:notices/)?([\w/.-]{1,100})\.schema\.json$")


class ParserFault(NoticeMalformed):
    """A parser met input that it did not expect: a fault of ours, kept from stopping the stream."""


def parse(payload: bytes, topic: str | None = None) -> Notice:
    """Read a message.

    Parameters
    ----------
    payload : bytes
        As received.
    topic : str, optional
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
        number = packet_numbers().get(topic.removeprefix(CLASSIC_TOPIC))
        if number is None or number not in PACKETS:
            raise NoticeUnknown(f"no parser for the topic {topic}")
        return _parse_packet(read_voevent(payload), PACKETS[number].mission)
    if topic in VOEVENT_TOPICS:
        return _parse_packet(read_voevent(payload), VOEVENT_TOPICS[topic])
    if topic not in DOCUMENTS:
        raise NoticeUnknown(f"no parser for the topic {topic}")
    return DOCUMENTS[topic].parse(_read_object(payload))


def _parse_sniffed(payload: bytes) -> Notice:
    start = payload[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return _parse_packet(read_voevent(payload), None)
    if start != b"{" and not payload.startswith(MAGIC):
        raise NoticeMalformed("neither XML nor JSON nor Avro")
    document = _read_object(payload)
    return _entry_of(document).parse(document)


def _read_object(payload: bytes) -> Document:
    return read_avro(payload) if payload.startswith(MAGIC) else read_document(payload)


def _parse_packet(event: VOEvent, mission: str | None) -> Notice:
    entry = PACKETS.get(event.packet_type or -1)
    if entry is None:
        raise NoticeUnknown(f"no parser for {packet_name(event.packet_type)} of {event.ivorn[:80]}")
    if mission is not None and entry.mission != mission:
        raise NoticeMalformed(f"a packet of {entry.mission} on a topic of {mission}")
    if not _is_of_authority(event, entry):
        raise NoticeMalformed(
            f"{packet_name(event.packet_type)} cannot come from {event.ivorn[:80]}"
        )
    return entry.parse(event)


def _is_of_authority(event: VOEvent, entry: PacketEntry) -> bool:
    name = event.ivorn.removeprefix("ivo://").partition("#")[0].lower()
    return name in {authority.lower() for authority in entry.authorities}


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

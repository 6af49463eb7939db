"""GCN Circulars: texts by people, attached to events by the name in their subject.

A circular comes again whenever it is edited, and once came in bulk: its number and
version say whether it is new.

References
----------
GCN: Circulars schema; the archive's rules for deriving the event from a subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from too_marshal.notices.formats.json_document import Document, read_document
from too_marshal.notices.formats.times import TimeUnreadable, from_epoch_milliseconds
from too_marshal.notices.notice import Kind, Notice, NoticeMalformed
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Stream, declare

declare(
    Stream(
        "circulars", "GCN Circulars", topics=("gcn.circulars",), makes_events=False, names_any=True
    ),
)

_NAMES = tuple(
    (re.compile(pattern, re.IGNORECASE), prefix, spell)
    for pattern, prefix, spell in (
        (r"\bGRB[.\s_-]*(\d{6}[a-z])\b", "GRB ", str.upper),
        (r"\bGRB[.\s_-]*(\d{6}\.\d{2,3})\b", "GRB ", str.upper),
        (r"\bXRF[.\s_-]*(\d{6}[a-z]?)\b", "XRF ", str.upper),
        (r"\bSGR[.\s_-]*(?:Swift[\s_-]*)?(J?\d{4}(?:\.\d+)?[-+]\d{2,6})", "SGR ", str.upper),
        (r"\bIceCube[-\s_]*Cascade[-\s_]*(\d{6}[a-z])\b", "IceCube-Cascade ", str.lower),
        (r"\bIceCube[-\s_]*(\d{6}[a-z])\b", "IceCube-", str.upper),
        (r"\bHAWC[-\s_]*(\d{6}[a-z])\b", "HAWC-", str.upper),
        (r"\bANTARES[-\s_]*(\d{6}[a-z])\b", "ANTARES ", str.lower),
        (r"\bNuEM[-\s_]*(\d{6}[a-z])\b", "NuEM-", str.upper),
        (r"\b([MT]?S)(\d{6}[a-z]{1,6})\b", "", str.lower),
        (r"\b(?:LIGO|Virgo|KAGRA|LVC|LVK)[/\s\w]{0,24}?\b(G\d{5,6})\b", "", str.upper),
        (r"\b(GW\d{6}(?:_\d{6})?[a-z]?)\b", "", str.upper),
        (r"\bEP\s?(\d{6}[a-z])\b", "EP", str.lower),
        (r"\b(KM3-\d{6}[a-z])\b", "", str.upper),
        (r"\bFRB[.\s_-]*(\d{8}[a-z]+|\d{6}[a-z]?)\b", "FRB ", str.upper),
        (r"\bsb(\d{8})\b", "sb", str.lower),
        (r"\bZTF(\d{2}[a-z]{7})\b", "ZTF", str.lower),
        (r"\bSN[.\s_-]*(\d{4}[a-z]+)\b", "SN ", str),
        (r"\bAT[.\s_-]*(\d{4}[a-z]+)\b", "AT ", str),
    )
)
"""Pattern, what the usual spelling begins with, and the case of the rest."""

_FERMI = re.compile(r"\btrigger\s*[#=]?\s*(\d{9})(?:\.\d+)?\s*/\s*(\d{9})\b", re.IGNORECASE)
_SWIFT = re.compile(r"\btrigger\s*=\s*(\d{6,7})\b", re.IGNORECASE)
_EINSTEIN_PROBE = re.compile(
    r"\b(?:EP|Einstein Probe)\b[^.]{0,200}?\b(?:trigger|ID)\b\D{0,20}\b(0\d{10})\b", re.IGNORECASE
)
_ICECUBE = re.compile(r"\bnotices_amon_g_b/0*(\d{5,9})_0*(\d{1,12})\.amon", re.IGNORECASE)
"""Run and event in the address of the first notice, which IceCube's circulars give."""

_MAX_LOOK = 20_000
"""Characters of the body in which trigger numbers are looked for; they stand at its head."""


@dataclass(frozen=True)
class EventName:
    """An event as a subject names it."""

    name: str
    """In the usual spelling."""

    related: tuple[tuple[str, str], ...]
    """(stream, event_key), where the name is a mission's own identifier."""


@parses_topic("gcn.circulars", schema="circulars", members=("circularId", "subject", "body"))
def parse(document: Document) -> Notice:
    """Read a circular."""
    circular_number = document.integer("circularId")
    if circular_number is None:
        raise NoticeMalformed("circularId is missing")
    version = document.integer("version") or 1
    subject = document.required_text("subject")
    event = name_event(document.text("eventId") or "") or name_event(subject)
    body = (document.text("body") or "")[:_MAX_LOOK]
    related, aliases = _triggers(body)
    return Notice(
        stream="circulars",
        event_key=None if event is None else event.name,
        notice_id=f"GCN Circular {circular_number}"
        + (f" version {version}" if version > 1 else ""),
        order=(circular_number, version),
        sequence=circular_number,
        kind=Kind.INFORMATION,
        role="observation",
        event_time=None,
        published=_created(document),
        localization=None,
        name=None if event is None else event.name,
        type_name="GCN Circular",
        aliases=(() if event is None else (event.name,)) + aliases,
        links={"circular": f"https://gcn.nasa.gov/circulars/{circular_number}"},
        related=(() if event is None else event.related) + related,
        attributes={
            "circular": circular_number,
            "version": version,
            "subject": subject,
            "submitter": document.text("submitter") or "",
            "format": document.text("format") or "text/plain",
        },
    )


def body_of(payload: bytes) -> str:
    """Text of a circular, as its author wrote it.

    Raises
    ------
    NoticeMalformed
        If the payload is no JSON object.
    """
    return read_document(payload).text("body") or ""


def name_event(text: str) -> EventName | None:
    """Find the event that a subject speaks of: the name that stands first in it."""
    matches = [
        (match.start(), match.groups(), prefix, spell)
        for pattern, prefix, spell in _NAMES
        if (match := pattern.search(text)) is not None
    ]
    if not matches:
        return None
    _, groups, prefix, spell = min(matches, key=lambda match: match[0])
    # A superevent has two groups: the letters before the date are upper case.
    name = prefix + "".join(group.upper() for group in groups[:-1]) + spell(groups[-1])
    return EventName(name, _related(name))


def _related(name: str) -> tuple[tuple[str, str], ...]:
    if re.fullmatch(r"[MT]?S\d{6}[a-z]+|G\d{5,6}", name):
        return (("lvk", name),)
    return (("svom", name),) if re.fullmatch(r"sb\d{8}", name) else ()


def _triggers(body: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Trigger numbers that the missions' own circulars state."""
    found = {
        "fermi_gbm": _FERMI.search(body),
        "swift": _SWIFT.search(body),
        "einstein_probe": _EINSTEIN_PROBE.search(body),
    }
    related = tuple((stream, match[1]) for stream, match in found.items() if match is not None)
    icecube = _ICECUBE.search(body)
    if icecube is not None:
        related += (("icecube", f"{icecube[1]}_{icecube[2]}"),)
    fermi = found["fermi_gbm"]
    return related, (f"bn{fermi[2]}",) if fermi else ()


def _created(document: Document) -> datetime | None:
    created = document.number("createdOn")
    if created is None:
        return None
    try:
        return from_epoch_milliseconds(created)
    except TimeUnreadable:
        return None

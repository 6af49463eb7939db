"""Conventions of GCN's JSON notices (the "core" schema). Every member is optional.

References
----------
gcn-schema 7.2: core/Alert, core/Event, core/DateTime, core/Localization, core/Statistics.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from too_marshal.notices.formats.classic import TIME_REPAIRED, https, time_key
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_point
from too_marshal.notices.formats.times import TimeUnreadable, epoch_milliseconds, parse_utc
from too_marshal.notices.notice import Kind, Notice

UNKNOWN_KIND = "alert_type unknown:"
"""How the flag begins of a notice whose `alert_type` is no word that we know."""

_KINDS = {
    "initial": Kind.INITIAL,
    "subsequent": Kind.INITIAL,  # another detection of a source, with its own id
    "update": Kind.UPDATE,
    "retraction": Kind.RETRACTION,
}
_SPELLINGS = {"retracted": "retraction", "updated": "update"}
_LAST = 2**31
_RANK = {name: rank for rank, name in enumerate(_KINDS)}
_ROLES = {
    "current": "observation",
    "archival": "observation",
    "planned": "prediction",
    "injection": "test",
    "commanded": "test",
    "test": "test",
}


def core_notice(document: Document, stream: str) -> Notice:
    """Read what the core schema holds.

    The first of several ids is the key, the others are aliases; so are names.
    The order is (record number, published, kind): a mission that numbers its
    notices is believed; where it does not say when it sent them, the time of the
    event stands in, and their kind decides.
    """
    ids, names = document.required_identifiers("id"), document.identifiers("event_name")
    published, _ = read_time(document, "alert_datetime")
    time, flags = read_time(document, "trigger_time")
    record = document.integer("record_number")
    alert_type = _alert_type(document) or "initial"
    tense = _word(document, "alert_tense") or "current"
    key = ids[0] if ids else time_key(time)
    page = https(document.text("data_archive_page"))
    return Notice(
        stream=stream,
        event_key=key,
        notice_id=f"{stream} {key} {document.text('alert_datetime') or ''} {alert_type} "
        f"{'' if record is None else record}".strip(),
        order=(
            _place(document, record, alert_type),
            epoch_milliseconds(published or time),
            _RANK.get(alert_type, _RANK["update"]),
        ),
        sequence=record,
        kind=core_kind(document, Kind.INITIAL),
        role=_role(document, tense),
        event_time=time,
        published=published,
        localization=None,
        position=core_point(document),
        name=names[0] if names else None,
        type_name=document.text("instrument") or document.text("mission") or "",
        classification=document.numbers("classification"),
        far=document.number("far"),
        aliases=ids[1:] + names,
        links={} if page is None else {"archive": page},
        flags=flags
        | document.file("healpix_file")[1]
        | ({"archival"} if tense == "archival" else frozenset()),
        attributes=core_attributes(document),
    )


def _place(document: Document, record: int | None, alert_type: str) -> int:
    """Number of the notice in its sequence; a retraction without one ends the sequence.

    Missions that never number their notices (and do not say when they sent them) leave
    the order to what follows.
    """
    if record is None and alert_type == "retraction" and "alert_datetime" in document:
        return _LAST
    return record or 0


def core_kind(document: Document, default: Kind) -> Kind:
    """Read what `alert_type` says; `default` where it is absent.

    A word that we do not know is an update with a flag: nothing may begin anew, or be taken
    back, because of it.
    """
    alert_type = _alert_type(document)
    if alert_type is None:
        return default
    if alert_type not in _KINDS:
        document.flag(f"{UNKNOWN_KIND} {alert_type[:40]!a}")
    return _KINDS.get(alert_type, Kind.UPDATE)


def _alert_type(document: Document) -> str | None:
    word = _word(document, "alert_type")
    return word if word is None else _SPELLINGS.get(word, word)


def _word(document: Document, name: str) -> str | None:
    """A word of a fixed list, whatever its case; "unreadable" where it is there and no text."""
    text = document.text(name)
    if text is None:
        return None if document.get(name) in (None, "", "null") else "unreadable"
    return text.lower()


def _role(document: Document, tense: str) -> str:
    """A tense that we do not know makes no test of an alert: somebody has to look at it."""
    if tense not in _ROLES:
        document.flag(f"alert_tense unknown: {tense[:40]!a}")
    return _ROLES.get(tense, "observation")


def read_time(document: Document, name: str) -> tuple[datetime | None, frozenset[str]]:
    """Read a time, and a flag if it had to be repaired or could not be read."""
    text = document.text(name)
    if text is None:
        return None, frozenset()
    try:
        moment = parse_utc(text)
    except TimeUnreadable:
        document.flag_unreadable(name)
        return None, frozenset()
    return moment.time, frozenset({TIME_REPAIRED} if moment.repaired else ())


def core_attributes(document: Document) -> dict[str, Any]:
    """Significance and duration, as far as the core schema names them."""
    quantities = {
        "rate_snr": "rate_snr",
        "image_snr": "image_snr",
        "rate_duration": "rate_duration_s",
        "image_duration": "image_duration_s",
        "p_astro": "p_astro",
        "net_count_rate": "net_count_rate",
        "hardness_ratio": "hardness_ratio",
        "flux": "flux",
        "flux_error": "flux_error",
    }
    texts = {
        "duration_class": "duration_class",
        "subtype": "subtype",
        "pipeline": "pipeline",
        "flux_unit": "flux_unit",
        "additional_info": "additional_info",
    }
    attributes: dict[str, Any] = {
        label: document.number(name) for name, label in quantities.items()
    }
    attributes |= {label: document.text(name) for name, label in texts.items()}
    return {label: value for label, value in attributes.items() if value is not None}

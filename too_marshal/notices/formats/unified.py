"""Conventions of GCN's JSON notices (the "core" schema). Every member is optional.

References
----------
gcn-schema 7.2: core/Alert, core/Event, core/DateTime, core/Localization, core/Statistics.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from too_marshal.notices.formats.classic import TIME_REPAIRED, https, time_key
from too_marshal.notices.formats.corners import convex_ring
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.times import TimeUnreadable, epoch_milliseconds, parse_utc
from too_marshal.notices.notice import (
    Circle,
    Ellipse,
    InlineMap,
    Kind,
    MapLink,
    Notice,
    Polygon,
    Region,
)

DEFAULT_CONTAINMENT = 0.9
"""Where `containment_probability` is absent (core/Localization)."""

MAX_RADIUS = 180.0
"""deg."""

MAX_CORNERS = 1000

RADIUS_UNUSABLE = "error radius unusable"
"""How the flag begins of a notice whose error cannot be one: zero, negative, above 180 deg."""

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


def core_region(
    document: Document,
    containment: float = DEFAULT_CONTAINMENT,
    systematic_model: str | None = None,
) -> Region | None:
    """Read the position with its error: corners, a circle, or an ellipse (a list of errors).

    Some missions list the shorter axis first; it is turned by 90 deg then. An error that
    cannot be one leaves the position, with a flag.
    """
    corners = core_polygon(document, "rectangular_error_corners")
    if corners is not None:
        return corners
    point = core_point(document)
    axes = document.listed_numbers("ra_dec_error", 3)
    if point is None or not axes:
        return None
    if not all(0 < axis <= MAX_RADIUS for axis in axes[:2]):
        document.flag(f"{RADIUS_UNUSABLE}: {', '.join(f'{axis:g}' for axis in axes[:2])} deg")
        return None
    ra, dec = point
    probability = core_containment(document, containment)
    systematics = document.truth("systematic_included") or False
    if len(axes) == 1 or axes[0] == axes[1]:
        model = None if systematics else systematic_model
        return Circle(ra, dec, axes[0], probability, systematics, model)
    angle = axes[2] if len(axes) > 2 else 0.0
    major, minor = axes[0], axes[1]
    if minor > major:
        major, minor, angle = minor, major, angle + 90
    return Ellipse(ra, dec, major, minor, angle % 180, probability, systematics)


def core_containment(document: Document, default: float = DEFAULT_CONTAINMENT) -> float:
    """Read the probability within the stated region; `default` where it is absent or none.

    A value from 10 to below 100 can only be meant in percent.
    """
    stated = document.number("containment_probability")
    if stated is None or 0 < stated < 1:
        return default if stated is None else stated
    if 10 <= stated < 100:
        document.flag(f"containment of {stated:g} read as percent")
        return stated / 100
    document.flag(f"containment of {stated:g} unusable, {default:g} assumed")
    return default


def core_point(document: Document) -> tuple[float, float] | None:
    """Read (RA, Dec), deg; none, with a flag, where they are off the sphere.

    A right ascension from -180 to 0 deg is one that counts from the other side.
    """
    ra, dec = document.number("ra"), document.number("dec")
    if ra is None or dec is None or (ra == 0 and dec == 0):
        return None
    if not (-180 <= ra <= 360 and -90 <= dec <= 90):
        document.flag(f"the position ({ra:g}, {dec:g}) is off the sphere")
        return None
    return ra % 360, dec


def core_map(document: Document, region: Region | None) -> InlineMap | MapLink | None:
    """Read the map that the notice carries or links; its own region serves in its absence."""
    fits, _ = document.file("healpix_file")
    if fits is not None:
        return InlineMap(fits, fallback=region)
    url = https(document.text("healpix_url"))
    return None if url is None else MapLink(url, region)


def core_polygon(document: Document, name: str) -> Polygon | None:
    """Read a region whose corners are listed as [[ra, dec], ...]; flagged where it is none.

    A ring that repeats its first corner at the end is the same region. Corners whose sides
    cross, or that lie inside, give the smallest convex region that holds them, with a flag.
    """
    corners = document.get(name)
    if corners is None:
        return None
    try:
        vertices = [(float(ra), float(dec)) for ra, dec in corners]
    except (TypeError, ValueError, OverflowError):
        document.flag_unreadable(name)
        return None
    if not all(-180 <= ra <= 360 and -90 <= dec <= 90 for ra, dec in vertices):
        document.flag(f"{name} is off the sphere")
        return None
    distinct = tuple(dict.fromkeys((ra % 360, dec) for ra, dec in vertices))
    ring = convex_ring(distinct) if len(distinct) <= MAX_CORNERS else ()
    if not ring:
        document.flag(f"{name} is no polygon")
        return None
    if ring != distinct:
        document.flag(f"{name} reordered")
    return Polygon(ring, core_containment(document))


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

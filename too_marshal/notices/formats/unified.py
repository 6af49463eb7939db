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
from too_marshal.notices.formats.times import TimeUnreadable, epoch_milliseconds, parse_utc
from too_marshal.notices.notice import (
    Circle,
    Ellipse,
    InlineMap,
    Kind,
    Localization,
    MapLink,
    Notice,
    NoticeMalformed,
    Polygon,
)

DEFAULT_CONTAINMENT = 0.9
"""Where `containment_probability` is absent (core/Localization)."""

_KINDS = {
    "initial": Kind.INITIAL,
    "subsequent": Kind.INITIAL,  # another detection of a source, with its own id
    "update": Kind.UPDATE,
    "retraction": Kind.RETRACTION,
}
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
    ids, names = document.texts("id"), document.texts("event_name")
    published, _ = read_time(document, "alert_datetime")
    time, flags = read_time(document, "trigger_time")
    record = document.integer("record_number")
    alert_type = document.text("alert_type") or "initial"
    tense = document.text("alert_tense") or "current"
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
            _RANK.get(alert_type, 0),
        ),
        sequence=record,
        kind=core_kind(document, Kind.INITIAL),
        role=_ROLES.get(tense, "test"),
        event_time=time,
        published=published,
        localization=None,
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
    """Read what `alert_type` says; `default` where it is absent or new."""
    return _KINDS.get(document.text("alert_type") or "", default)


def read_time(document: Document, name: str) -> tuple[datetime | None, frozenset[str]]:
    """Read a time, and a flag if it had to be repaired or could not be read."""
    text = document.text(name)
    if text is None:
        return None, frozenset()
    try:
        moment = parse_utc(text)
    except TimeUnreadable:
        return None, frozenset({f"{name} unreadable"})
    return moment.time, frozenset({TIME_REPAIRED} if moment.repaired else ())


def core_region(
    document: Document,
    containment: float = DEFAULT_CONTAINMENT,
    systematic_model: str | None = None,
) -> Circle | Ellipse | None:
    """Read the position with its error: a circle, or an ellipse where the error is a list.

    Some missions list the shorter axis first; it is turned by 90 deg then.

    Raises
    ------
    NoticeMalformed
        If the position is off the sphere.
    """
    point = core_point(document)
    axes = _floats(document, "ra_dec_error")
    if point is None or not axes or not all(0 < axis <= 180 for axis in axes[:2]):
        return None
    ra, dec = point
    stated = document.number("containment_probability")
    probability = stated if stated is not None and 0 < stated < 1 else containment
    systematics = document.truth("systematic_included") or False
    if len(axes) == 1 or axes[0] == axes[1]:
        model = None if systematics else systematic_model
        return Circle(ra, dec, axes[0], probability, systematics, model)
    angle = axes[2] if len(axes) > 2 else 0.0
    major, minor = axes[0], axes[1]
    if minor > major:
        major, minor, angle = minor, major, angle + 90
    return Ellipse(ra, dec, major, minor, angle % 180, probability, systematics)


def core_point(document: Document) -> tuple[float, float] | None:
    """Read (RA, Dec), deg.

    Raises
    ------
    NoticeMalformed
        If they are off the sphere.
    """
    ra, dec = document.number("ra"), document.number("dec")
    if ra is None or dec is None or (ra == 0 and dec == 0):
        return None
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise NoticeMalformed(f"the position ({ra}, {dec}) is off the sphere")
    return ra % 360, dec


def core_map(document: Document, region: Localization | None) -> InlineMap | MapLink | None:
    """Read the map that the notice carries or links; the circle serves until a link has arrived."""
    fits, _ = document.file("healpix_file")
    if fits is not None:
        return InlineMap(fits)
    url = https(document.text("healpix_url"))
    if url is None:
        return None
    return MapLink(url, region if isinstance(region, Circle) else None)


def core_polygon(document: Document, name: str) -> Polygon | None:
    """Read a region whose corners are listed as [[ra, dec], ...].

    Raises
    ------
    NoticeMalformed
        If the member is no list of at least three points on the sphere.
    """
    corners = document.get(name)
    if corners is None:
        return None
    try:
        vertices = tuple((float(ra) % 360, float(dec)) for ra, dec in corners)
    except (TypeError, ValueError) as err:
        raise NoticeMalformed(f"{name} is not a list of points") from err
    if not 3 <= len(vertices) <= 1000 or not all(-90 <= dec <= 90 for _, dec in vertices):
        raise NoticeMalformed(f"{name} is not a polygon on the sphere")
    stated = document.number("containment_probability")
    return Polygon(vertices, DEFAULT_CONTAINMENT if stated is None else stated)


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


def _floats(document: Document, name: str) -> tuple[float, ...]:
    value = document.get(name)
    if not isinstance(value, list):
        single = document.number(name)
        return () if single is None else (single,)
    nested = Document({str(i): member for i, member in enumerate(value[:3])})
    values = tuple(nested.number(str(i)) for i in range(len(nested)))
    if any(value is None for value in values):
        raise NoticeMalformed(f"{name} is not a list of numbers")
    return tuple(value for value in values if value is not None)

"""What a parsed notice may be at most, whatever the parser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from too_marshal.notices.notice import Notice, NoticeMalformed

MAX_NAME_LENGTH = 80
MAX_TYPE_LENGTH = 60
MAX_ADDRESS_LENGTH = 2000
MAX_NAMES = 64
MAX_ATTRIBUTES_SIZE = 200_000
_MAX_INTEGER = 2**63


def check_limits(notice: Notice) -> Notice:
    """Return the notice as it can be kept and shown.

    Names are short and printable, integers fit in 64 bits, attributes are plain JSON of bounded
    size. What the notice can do without is left out where it is not so, with a flag.

    Raises
    ------
    NoticeMalformed
        If the event's identifier, or the notice's place in its sequence, is out of bounds.
    """
    if notice.event_key is not None and not _is_name(notice.event_key):
        raise NoticeMalformed(f"{notice.event_key[:40]!r} is no name of an event")
    if not all(-_MAX_INTEGER <= serial < _MAX_INTEGER for serial in notice.order):
        raise NoticeMalformed("a serial number is too large")
    aliases = tuple(name for name in notice.aliases if _is_name(name))
    related = tuple(pair for pair in notice.related if _is_name(pair[1]))
    links = {label: url for label, url in notice.links.items() if len(url) <= MAX_ADDRESS_LENGTH}
    kept = replace(
        notice,
        name=notice.name if notice.name is None or _is_name(notice.name) else None,
        aliases=aliases[:MAX_NAMES],
        related=related[:MAX_NAMES],
        notice_id=notice.notice_id[:MAX_ADDRESS_LENGTH],
        type_name=notice.type_name if _is_type(notice.type_name) else "",
        links=links,
        attributes=_bounded(notice.attributes),
        classification=_bounded(notice.classification),
        properties=_bounded(notice.properties),
    )
    flags = {
        "a name unusable": kept.name != notice.name
        or len(aliases) < len(notice.aliases)
        or len(related) < len(notice.related),
        f"more than {MAX_NAMES} names": max(len(aliases), len(related)) > MAX_NAMES,
        "type of notice unusable": kept.type_name != notice.type_name,
        "an address too long": len(links) < len(notice.links) or kept.notice_id != notice.notice_id,
        "attributes too large": (
            len(kept.attributes) + len(kept.classification) + len(kept.properties)
            < len(notice.attributes) + len(notice.classification) + len(notice.properties)
        ),
    }
    return replace(kept, flags=notice.flags | {flag for flag, is_set in flags.items() if is_set})


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable()


def _is_type(name: str) -> bool:
    return len(name) <= MAX_TYPE_LENGTH and name.isprintable()


def _bounded(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Values that together are not too large; the largest are left out first."""
    if len(json.dumps(dict(values))) <= MAX_ATTRIBUTES_SIZE:
        return values
    sizes = {name: len(json.dumps({name: value})) for name, value in values.items()}
    total, kept = 0, set()
    for name in sorted(sizes, key=lambda name: sizes[name]):
        total += sizes[name]
        if total <= MAX_ATTRIBUTES_SIZE:
            kept.add(name)
    return {name: value for name, value in values.items() if name in kept}

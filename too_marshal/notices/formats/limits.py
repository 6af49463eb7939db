"""What a parsed notice may be at most: beyond it is a fault of the message, whatever the parser."""

from __future__ import annotations

import json

from too_marshal.notices.notice import Notice, NoticeMalformed

MAX_NAME_LENGTH = 80
MAX_TYPE_LENGTH = 60
MAX_ADDRESS_LENGTH = 2000
MAX_NAMES = 64
MAX_ATTRIBUTES_SIZE = 200_000
_MAX_INTEGER = 2**63


def check_limits(notice: Notice) -> Notice:
    """Return the notice if it can be kept and shown.

    Names are short and printable, integers fit in 64 bits, attributes are plain
    JSON of bounded size.

    Raises
    ------
    NoticeMalformed
        Naming the part that is out of bounds.
    """
    names = [notice.event_key, notice.name, *notice.aliases]
    names += [key for _, key in notice.related]
    for name in names:
        if name is not None and not (0 < len(name) <= MAX_NAME_LENGTH and name.isprintable()):
            raise NoticeMalformed(f"{name[:40]!r} is no name of an event")
    if len(names) > MAX_NAMES:
        raise NoticeMalformed(f"{len(names)} names")
    if len(notice.type_name) > MAX_TYPE_LENGTH or not notice.type_name.isprintable():
        raise NoticeMalformed(f"{notice.type_name[:40]!r} is no type of notice")
    if any(len(url) > MAX_ADDRESS_LENGTH for url in (notice.notice_id, *notice.links.values())):
        raise NoticeMalformed("an address is too long")
    if not all(-_MAX_INTEGER <= serial < _MAX_INTEGER for serial in notice.order):
        raise NoticeMalformed("a serial number is too large")
    if (
        len(json.dumps([dict(notice.attributes), dict(notice.classification)]))
        > MAX_ATTRIBUTES_SIZE
    ):
        raise NoticeMalformed("the attributes are too large")
    return notice

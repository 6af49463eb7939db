"""What a parsed notice may be at most: beyond it is a fault of the message, whatever the parser."""

from __future__ import annotations

import json

from too_marshal.notices.notice import Notice, NoticeMalformed

LONGEST_NAME = 80
LONGEST_TYPE = 60
LONGEST_ADDRESS = 2000
MOST_NAMES = 64
LARGEST_ATTRIBUTES = 200_000
_LARGEST_INTEGER = 2**63


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
        if name is not None and not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
            raise NoticeMalformed(f"{name[:40]!r} is no name of an event")
    if len(names) > MOST_NAMES:
        raise NoticeMalformed(f"{len(names)} names")
    if len(notice.type_name) > LONGEST_TYPE or not notice.type_name.isprintable():
        raise NoticeMalformed(f"{notice.type_name[:40]!r} is no type of notice")
    if any(len(url) > LONGEST_ADDRESS for url in (notice.notice_id, *notice.links.values())):
        raise NoticeMalformed("an address is too long")
    if not all(-_LARGEST_INTEGER <= number < _LARGEST_INTEGER for number in notice.order):
        raise NoticeMalformed("a serial number is too large")
    if len(json.dumps([dict(notice.attributes), dict(notice.classification)])) > LARGEST_ATTRIBUTES:
        raise NoticeMalformed("the attributes are too large")
    return notice

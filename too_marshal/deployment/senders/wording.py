"""A message as one plain text, within what a service takes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from too_marshal.deployment.senders.message import Message

Size = Callable[[str], int]
"""Length of a text as a service counts it."""

_CUT = "..."
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def one_line(text: str) -> str:
    """A text without line breaks and control characters, as for a subject."""
    return _BREAKS.sub(" ", text).strip()


def utf16(text: str) -> int:
    """Length in units of UTF-16, in which telephones and Telegram count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def shortened(text: str, most: int, size: Size = len) -> str:
    """The text, or as much of its beginning as fits."""
    if size(text) <= most:
        return text
    kept = bisect_right(range(len(text)), most, key=lambda n: size(text[:n] + _CUT)) - 1
    return text[:kept] + _CUT if kept >= 0 else ""


def links_of(message: Message) -> str:
    """The links of a message, each on a line of its own; they are never cut."""
    named = (("Event page", message.link), ("Acknowledge", message.acknowledge))
    return "\n".join(f"{name}: {address}" for name, address in named if address)


def in_full(
    message: Message, most: int, size: Size = len, quote: Callable[[str], str] = str
) -> str:
    """Subject, text and links.

    Parameters
    ----------
    most
        Longest text that the service takes, as `size` counts.
    quote
        Writes subject and text so that the service reads no markup in them.
    """
    return _above_links(
        f"{one_line(message.subject)}\n\n{message.text}", message, most, size, quote
    )


def without_subject(message: Message, most: int, size: Size = len) -> str:
    """Text and links, where the subject has a place of its own."""
    return _above_links(message.text, message, most, size, str)


def _above_links(
    text: str, message: Message, most: int, size: Size, quote: Callable[[str], str]
) -> str:
    links = links_of(message)
    below = f"\n\n{links}" if links else ""
    return quote(shortened(text, most - size(below), lambda part: size(quote(part)))) + below

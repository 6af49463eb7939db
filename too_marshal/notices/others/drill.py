"""Drills: a simulated merger, from which nothing real may follow.

Their notices are in LVK's form, so that what is exercised is what an alert goes through; that they
come on no topic of a mission tells them apart.
"""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.notice import Notice
from too_marshal.notices.others.lvk import parse_gwalert
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

STREAM = "drill"
TOPIC = "too_marshal.drill"
"""No topic of a stream: it says who reads what a drill has made."""

declare(Stream(STREAM, "Drill", Messenger.GRAVITATIONAL_WAVES))


@parses_topic(TOPIC)
def parse(document: Document) -> Notice:
    """Read an alert of a drill: whatever it says, it is a test."""
    return replace(parse_gwalert(document), stream=STREAM, role="test", links={})

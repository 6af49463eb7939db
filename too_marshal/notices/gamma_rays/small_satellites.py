"""BurstCube and Glowbug: core notices, kept for the archives."""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_map, core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Notice
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream("burstcube", "BurstCube", Messenger.GAMMA_RAYS),
    Stream("glowbug", "Glowbug", Messenger.GAMMA_RAYS),
)


@parses_topic("gcn.notices.burstcube.alert", schema="burstcube/alert")
def parse_burstcube(document: Document) -> Notice:
    """Read an alert of BurstCube."""
    return _notice(document, "burstcube")


@parses_topic("gcn.notices.burstcube.test", schema="burstcube/test")
def parse_burstcube_test(document: Document) -> Notice:
    """Read a test of BurstCube."""
    return replace(_notice(document, "burstcube"), role="test")


@parses_topic("gcn.notices.glowbug.alert", schema="glowbug/Alert")
def parse_glowbug(document: Document) -> Notice:
    """Read an alert of Glowbug."""
    return _notice(document, "glowbug")


def _notice(document: Document, stream: str) -> Notice:
    base = core_notice(document, stream)
    region = core_region(document)
    return replace(base, localization=core_map(document, region) or region)

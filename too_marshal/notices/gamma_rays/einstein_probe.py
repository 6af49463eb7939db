"""Einstein Probe, Wide-field X-ray Telescope.

The same id comes again when a source is seen again; nothing is ever retracted, and
the transient's name (EPyymmddx) is given in circulars only.
"""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Notice
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

STREAM = "einstein_probe"
ID_LENGTH = 11
"""Digits of an identifier; it begins with zeros, which others leave out."""

declare(
    Stream(
        STREAM,
        "Einstein Probe",
        Messenger.X_RAYS,
        topics=("gcn.notices.einstein_probe.wxt.alert",),
        known_as=("einsteinprobe", "wxt", "ep", "epwxt"),
    ),
)


@parses_topic("gcn.notices.einstein_probe.wxt.alert", schema="einstein_probe/wxt/alert")
def parse(document: Document) -> Notice:
    """Read an alert. Its radius (3.1 arcmin, always) has no stated containment."""
    base = core_notice(document, STREAM)
    key = base.event_key
    if key is not None and key.isdigit():
        key = key.zfill(ID_LENGTH)
    return replace(base, event_key=key, localization=core_region(document), type_name="WXT")

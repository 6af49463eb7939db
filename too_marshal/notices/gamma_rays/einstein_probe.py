"""Einstein Probe, Wide-field X-ray Telescope.

The same id comes again when a source is seen again; nothing is ever retracted, and
the transient's name (EPyymmddx) is given in circulars only.
"""

from __future__ import annotations

from dataclasses import replace

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.unified import core_notice, core_region
from too_marshal.notices.notice import Notice
from too_marshal.notices.registration import parses_topic


@parses_topic("gcn.notices.einstein_probe.wxt.alert", schema="einstein_probe/wxt/alert")
def parse(document: Document) -> Notice:
    """Read an alert. Its radius (3.1 arcmin, always) has no stated containment."""
    base = core_notice(document, "einstein_probe")
    return replace(base, localization=core_region(document), type_name="WXT")

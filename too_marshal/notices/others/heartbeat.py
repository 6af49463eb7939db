"""GCN's heartbeat: one message a second, proof that the stream is alive."""

from __future__ import annotations

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.times import epoch_milliseconds
from too_marshal.notices.formats.unified import read_time
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_topic


@parses_topic("gcn.heartbeat", schema="heartbeat")
def parse(document: Document) -> Notice:
    """Read a heartbeat."""
    sent, flags = read_time(document, "alert_datetime")
    return Notice(
        stream="heartbeat",
        event_key=None,
        notice_id=f"heartbeat {document.text('alert_datetime') or ''}".strip(),
        order=(epoch_milliseconds(sent),),
        kind=Kind.INFORMATION,
        role="utility",
        event_time=None,
        published=sent,
        localization=None,
        type_name="heartbeat",
        flags=flags,
    )

"""Tell people that a notice of a stream that may wake them could not be read."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from too_marshal.db.base import now
from too_marshal.db.deliveries import Delivery
from too_marshal.db.events import record
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.db.observing.plans import PlanRule
from too_marshal.deployment.channels import Channels
from too_marshal.notices.formats.packet_types import packet_name
from too_marshal.notices.registration import CLASSIC_TOPIC
from too_marshal.notices.streams import STREAMS
from too_marshal.workflows.alerts.deliver import enter, escaped
from too_marshal.workflows.rules.conditions import RuleConditions

MAX_RAW = 1500
"""Characters of the raw notice in the message; the rest is on its page."""

MAX_AN_HOUR = 10
"""Messages of this kind by one channel: a stream that sends nothing but junk must not bury all."""

_SCHEMA = re.compile(r"gcn/(?:notices/)?([\w/.-]{1,100})\.schema\.json")
_IVORN = re.compile(r"ivo://([\w./-]{1,100})#")
_PACKET = re.compile(r'name="Packet_Type"[^>]{0,40}?value="(\d{1,4})"')
_LOOK = 20_000
"""Characters at the head of a notice in which its mission is looked for."""


def tell_unread(session: Session, channels: Channels, notice_id: int) -> None:
    """Ask for a message about a quarantined notice to each channel of a rule on its stream.

    Parameters
    ----------
    session
        Open session; committed.
    channels
        Of the deployment.
    notice_id
        A notice in quarantine; any other is left as it is. Each channel is told of one once.
    """
    row = session.get_one(ReceivedNotice, notice_id, options=[undefer(ReceivedNotice.payload)])
    if row.state != NoticeState.QUARANTINED:
        session.commit()
        return
    raw = row.payload[: 4 * _LOOK].decode("utf-8", "replace")[:_LOOK]
    streams = likely_streams(row.topic, raw)
    text = _message(row, raw, channels.public_url)
    notified: dict[str, str] = {}
    for rule in _waking(session, streams):
        for name in rule.channels or sorted(channels.by_name):
            notified.setdefault(name, rule.name)
    for name, rule_name in notified.items():
        if _told_lately(session, name) < MAX_AN_HOUR:
            enter(session, None, name, text, unread_notice_id=row.id, rule_name=rule_name)
        else:
            record(
                session, f"{name} is not told of a notice that cannot be read: it was told of "
                f"{MAX_AN_HOUR} in the last hour", subject="notice", subject_id=row.id,
            )  # fmt: skip
    session.commit()


def likely_streams(topic: str | None, raw: str) -> frozenset[str]:
    """Streams that a notice which cannot be read seems to be of: by its topic, else by its text."""
    by_topic = {
        stream.name
        for stream in STREAMS.values()
        if topic in stream.topics or (topic or "").removeprefix(CLASSIC_TOPIC) in stream.packets
    }
    if by_topic:
        return frozenset(by_topic)
    if topic is None:
        packet = _PACKET.search(raw)
        if packet is not None:
            name = packet_name(int(packet[1]))
            by_packet = {stream.name for stream in STREAMS.values() if name in stream.packets}
            if by_packet:
                return frozenset(by_packet)
        if '"superevent_id"' in raw:
            return frozenset({"lvk"})
        match = _SCHEMA.search(raw) or _IVORN.search(raw)
        topic = "" if match is None else match[1]
    words = set(re.split(r"[^a-z0-9]+", topic.lower()))
    return frozenset(
        stream.name
        for stream in STREAMS.values()
        if stream.name in words or words & set(stream.known_as)
    )


def _waking(session: Session, streams: frozenset[str]) -> list[PlanRule]:
    """Rules that tell people of notices of these streams, whatever else they ask."""
    query = select(PlanRule).where(
        PlanRule.enabled, PlanRule.deleted_at.is_(None), PlanRule.notifies
    )
    rules = session.scalars(query.order_by(PlanRule.id))
    asked = [(rule, RuleConditions.model_construct(**rule.conditions).streams) for rule in rules]
    return [rule for rule, wanted in asked if not wanted or streams & set(wanted)]


def _told_lately(session: Session, channel: str) -> int:
    query = select(func.count(Delivery.id)).where(
        Delivery.channel == channel,
        Delivery.unread_notice_id.is_not(None),
        Delivery.created_at > now() - timedelta(hours=1),
    )
    return session.scalar(query) or 0


def _message(row: ReceivedNotice, raw: str, public_url: str) -> str:
    where = row.topic or row.channel
    cut = " ..." if len(raw) > MAX_RAW else ""
    text = escaped(
        f"A notice ({where}) could not be read and was set aside: {row.error}. "
        f"As received: {raw[:MAX_RAW]}{cut}"
    )
    return f"{text} {public_url.rstrip('/')}/notices/{row.id}" if public_url else text

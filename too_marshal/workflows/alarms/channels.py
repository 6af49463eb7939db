"""Tell channels of what does not hold any more, whatever rules say of the notice that changed it.

A rule that asks for neutron stars does not hold for the update that takes them back, and one that
asks for a small region cannot be asked of a retraction, which has no map: but who was told of the
event must hear of both.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.db.notices import ReceivedNotice
from too_marshal.deployment.channels import Channels
from too_marshal.notices.notice import Kind
from too_marshal.workflows.alerts.deliver import enter, message
from too_marshal.workflows.incident.changes import Change, last_change


def tell_channels(session: Session, channels: Channels, event_id: int) -> None:
    """Ask for a message to each channel that was told of an event before it changed; committed.

    Parameters
    ----------
    session
        Open session.
    channels
        Of the deployment.
    event_id
        An event of which a notice has come, or a map is ready. Each channel is told of a notice
        once, by this or by a rule.
    """
    event = lock(session, Event, event_id)
    change = last_change(session, event)
    if change is not None and (event.is_retracted or change.is_material):
        text = message(event, _words(event, change), "", channels.public_url)
        for name in _told_otherwise(session, event, change):
            if name in channels.by_name:
                enter(session, event, name, text, notice_id=change.notice_id, rule_name="")
    session.commit()


def _words(event: Event, change: Change) -> str:
    if event.is_retracted:
        return "RETRACTED, the mission has withdrawn it"
    return "; ".join(["has changed", *change.lines])


def _told_otherwise(session: Session, event: Event, change: Change) -> list[str]:
    """Channels whose last message about the event says what it was; one that waits will go out."""
    query = (
        select(Delivery.channel, Delivery.created_at, ReceivedNotice.kind)
        .join(ReceivedNotice, ReceivedNotice.id == Delivery.notice_id)
        .where(Delivery.event_id == event.id, Delivery.state != DeliveryState.FAILED)
    )
    last = {row.channel: row for row in session.execute(query.order_by(Delivery.id))}
    return [name for name, row in sorted(last.items()) if _is_outdated(row, event, change)]


def _is_outdated(row: Row[str, datetime, str | None], event: Event, change: Change) -> bool:
    if event.is_retracted:
        return row.kind != Kind.RETRACTION  # a mission may retract twice
    return change.understood_at is not None and row.created_at < change.understood_at

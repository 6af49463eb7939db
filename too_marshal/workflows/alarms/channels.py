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
from too_marshal.workflows.incident.changes import last_change, retracted_by
from too_marshal.workflows.incident.material import material_change

RETRACTED = "RETRACTED, the mission has withdrawn it"


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
    if event.is_retracted:
        _tell_retraction(session, channels, event)
    else:
        _tell_change(session, channels, event)
    session.commit()


def _tell_retraction(session: Session, channels: Channels, event: Event) -> None:
    notice_id = retracted_by(session, event)
    told = [name for name, row in _last(session, event).items() if row.kind != Kind.RETRACTION]
    if notice_id is not None:
        _tell(session, channels, event, told, RETRACTED, notice_id)


def _tell_change(session: Session, channels: Channels, event: Event) -> None:
    material, change = material_change(session, event), last_change(session, event)
    if material is None or change is None:
        return
    told = [
        name
        for name, row in _last(session, event).items()
        if row.created_at < material.understood_at
    ]
    what = "; ".join(["has changed", *change.lines])
    _tell(session, channels, event, told, what, material.notice_id)


def _tell(  # noqa: PLR0913, PLR0917 - who is told what of which event by which notice
    session: Session, channels: Channels, event: Event, told: list[str], what: str, notice_id: int
) -> None:
    text = message(event, what, "", channels.public_url)
    for name in sorted(told):
        if name in channels.by_name:
            enter(session, event, name, text, notice_id=notice_id, rule_name="")


def _last(session: Session, event: Event) -> dict[str, Row[str, datetime, str | None]]:
    """The last message about the event by channel; one that waits will go out."""
    query = (
        select(Delivery.channel, Delivery.created_at, ReceivedNotice.kind)
        .join(ReceivedNotice, ReceivedNotice.id == Delivery.notice_id)
        .where(Delivery.event_id == event.id, Delivery.state != DeliveryState.FAILED)
    )
    return {row.channel: row for row in session.execute(query.order_by(Delivery.id))}

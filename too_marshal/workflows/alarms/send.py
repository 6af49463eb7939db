"""Send one message to one address of a person: at the most once, whatever dies in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal import failpoints, tasks
from too_marshal.db.alarms import Alarm, Contact, Notification, Occasion
from too_marshal.db.base import now
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.senders import Message, Sender
from too_marshal.deployment.senders.registry import senders_of
from too_marshal.deployment.settings import Settings
from too_marshal.notices.others.drill import STREAM as DRILL
from too_marshal.workflows.alarms.contents import Content, content_of, retraction_of
from too_marshal.workflows.alarms.tokens import Acknowledging, token_of
from too_marshal.workflows.at_most_once import send_at_most_once
from too_marshal.workflows.live_database import why_not_from_here

PAUSES = (5.0, 20.0, 60.0, 180.0, 600.0)
"""Seconds before each further attempt; then it is given up."""


@dataclass(frozen=True)
class Desk:
    """What is needed to write to people."""

    senders: Mapping[str, Sender]
    """By kind of contact."""

    robots: Robots
    """Of the deployment."""

    secret_key: str
    """That signs links."""

    public_url: str = ""
    """Address of the pages; empty: messages hold no link."""

    escalate_after: timedelta = timedelta(minutes=5)
    """How long an alarm waits before more people are woken."""

    def address(self, path: str) -> str:
        """Address of a page, as people reach it."""
        return f"{self.public_url.rstrip('/')}{path}" if self.public_url else ""


def desk_of(settings: Settings, robots: Robots) -> Desk:
    """What this deployment has to write to people with."""
    return Desk(
        senders_of(settings),
        robots,
        settings.session_key(),
        settings.public_url,
        timedelta(seconds=settings.escalate_after),
    )


def send_notification(session: Session, desk: Desk, notification_id: int) -> None:
    """Send one message, unless it may have arrived or there is nothing to say any more.

    Parameters
    ----------
    session
        Open session; committed.
    desk
        What is needed to write to people.
    notification_id
        A message that waits; any other is left as it is.
    """
    _hold_event(session, notification_id)
    send_at_most_once(
        session,
        Notification,
        notification_id,
        prepare=partial(_prepare, session, desk),
        settle=settle,
        say=Outcome,
        pauses=len(PAUSES),
    )


def _prepare(session: Session, desk: Desk, row: Notification) -> Callable[[], Outcome] | str:
    """How to send it, or why it is not to be sent."""
    contact = session.get(Contact, row.contact_id, populate_existing=True)
    sender = None if contact is None else desk.senders.get(contact.kind)
    reason = _why_not(session, row, contact, sender)
    if reason or contact is None or sender is None:
        return reason
    message = _message(session, desk, row)
    row.subject, row.text = message.subject, message.text
    row.as_of = None if row.event_id is None else session.get_one(Event, row.event_id).changed_at
    address = contact.address

    def post() -> Outcome:
        failpoints.hit("before_message")
        outcome = sender.send(address, message)
        failpoints.hit("after_message")
        return outcome

    return post


def _hold_event(session: Session, notification_id: int) -> None:
    """Hold the event that a message is about until it is known to be on its way.

    A retraction that comes while it is composed waits, and then finds it among those who are to be
    told that it does not hold any more.
    """
    event_id = session.scalar(
        select(Notification.event_id).where(Notification.id == notification_id)
    )
    if event_id is not None:
        lock(session, Event, event_id)


def _why_not(
    session: Session, row: Notification, contact: Contact | None, sender: Sender | None
) -> str:
    """Why it is not to be sent; empty where it is."""
    if reason := why_not_from_here(session, row.created_at):
        return reason
    if contact is None or not contact.is_enabled:
        return "the person does not want to be reached by it any more"
    if sender is None:
        return f"this deployment cannot send by {contact.kind}"
    return _out_of_date(session, row)


def _out_of_date(session: Session, row: Notification) -> str:
    """Why there is nothing to say any more; empty where there is."""
    if row.occasion in {Occasion.EVENT, Occasion.UPDATE, Occasion.ALARM}:
        event = session.get_one(Event, row.event_id, populate_existing=True)
        if event.is_retracted:
            return "the event was retracted before"
    if row.alarm_id is None:
        return ""
    alarm = session.get_one(Alarm, row.alarm_id, populate_existing=True)
    if alarm.acknowledged_at is not None:
        return f"{alarm.acknowledged_by} had acknowledged before"
    return ""


_WHAT = {Occasion.UPDATE: "has changed", Occasion.ALARM: "needs you"}


def _message(session: Session, desk: Desk, row: Notification) -> Message:
    alarm = None if row.alarm_id is None else session.get_one(Alarm, row.alarm_id)
    content = _content(session, desk, row)
    link = "" if row.event_id is None else desk.address(f"/events/{row.event_id}")
    acknowledge = answer = ""
    if alarm is not None:
        token = token_of(desk.secret_key, Acknowledging(alarm.id, row.person_id))
        acknowledge = desk.address(f"/acknowledge/{token}")
        answer = desk.address(f"/acknowledge/{token}/key")
    return Message(
        key=f"too-marshal-{row.id}",
        subject=content.subject,
        text=content.text,
        speech=content.speech,
        link=link,
        acknowledge=acknowledge,
        answer=answer,
        is_urgent=row.occasion == Occasion.ALARM,
    )


def _content(session: Session, desk: Desk, row: Notification) -> Content:
    if row.event_id is None:
        return Content(
            "A test of too-marshal", f"A test of too-marshal: {row.why}", "This is a test."
        )
    event = session.get_one(Event, row.event_id)
    is_drill = event.stream == DRILL
    if row.occasion == Occasion.RETRACTION:
        return retraction_of(event, is_drill=is_drill)
    if row.occasion == Occasion.MENTION:
        return Content(row.why[:150], row.why, "")
    what = _WHAT.get(row.occasion, "")
    return content_of(session, desk.robots, event, what=what, is_drill=is_drill)


def settle(session: Session, row: Notification, outcome: Outcome) -> None:
    """Note what became of a message, and ask for another attempt where there may be one.

    Not committed; the row must be held.
    """
    row.state, row.reason = outcome.state, outcome.reason
    if outcome.state == DeliveryState.WAITING:
        wait = timedelta(seconds=PAUSES[row.attempts - 1])
        tasks.send_notification(notification_id=row.id).defer(session, wait=wait)
        return
    if outcome.state == DeliveryState.SENT:
        row.sent_at = now()
    if row.event_id is None:
        return
    words = {
        DeliveryState.SENT: f"{row.person.username} told by {row.kind} ({row.occasion})",
        DeliveryState.UNCONFIRMED: f"It is not known whether {row.person.username} was told "
        f"by {row.kind}",
        DeliveryState.FAILED: f"{row.person.username} not told by {row.kind}",
    }
    because = f": {outcome.reason}" if outcome.reason else ""
    record(
        session, words[outcome.state] + because, subject="delivery", subject_id=row.id,
        event_id=row.event_id,
    )  # fmt: skip

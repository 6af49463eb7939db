"""Tell people outside the marshal: one message for a notice and a channel, and never two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import PlanRule
from too_marshal.db.observing.queues import Submission
from too_marshal.deployment.channels import Channels, Outcome
from too_marshal.notices.notice import Kind
from too_marshal.units import YEAR
from too_marshal.workflows.at_most_once import send_at_most_once
from too_marshal.workflows.events.spoken import spoken_name
from too_marshal.workflows.live_database import why_not_from_here

PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0)
"""Seconds before each further attempt; then it is given up."""


def announce(  # noqa: PLR0913 - who is told of what, and by what
    session: Session,
    channels: Channels,
    *,
    rule_id: int,
    event_id: int,
    notice_id: int,
    what: str,
) -> None:
    """Ask for a message to each channel of a rule that has not had one about the notice.

    Parameters
    ----------
    session
        Open session; committed.
    channels
        Of the deployment.
    rule_id, event_id, notice_id, what
        Which rule says so, about which event, because of which notice; what there is to say.
    """
    # Held: who looks for the channels that were told finds these, or these say what is new.
    rule, event = session.get_one(PlanRule, rule_id), lock(session, Event, event_id)
    kind = session.get_one(ReceivedNotice, notice_id).kind
    if event.is_retracted and kind != Kind.RETRACTION:
        record(
            session, f"Rule {rule.name!r} tells nobody: the event was retracted before",
            subject="rule", subject_id=notice_id, event_id=event_id,
        )  # fmt: skip
        session.commit()
        return
    text = message(event, what, rule.name, channels.public_url)
    for name in rule.channels or sorted(channels.by_name):
        enter(session, event, name, text, notice_id=notice_id, rule_name=rule.name)
    session.commit()


def call_people(session: Session, channels: Channels, submission_id: int, what: str) -> None:
    """Ask for a message to every channel: only a person can settle a submission; committed.

    Parameters
    ----------
    session
        Open session.
    channels
        Of the deployment.
    submission_id, what
        Of which submission, and what there is to do. Each channel is told of one once.
    """
    submission = session.get_one(Submission, submission_id)
    event = submission.plan.event
    text = message(event, f"{submission.telescope} {what}", "", channels.public_url)
    for name in sorted(channels.by_name):
        enter(session, event, name, text, submission_id=submission_id, rule_name="")
    session.commit()


def enter(session: Session, event: Event | None, channel: str, text: str, **about: object) -> None:
    """Have a channel told, unless it was told of the same before; not committed."""
    delivery_id = session.scalar(
        insert(Delivery)
        .values(
            channel=channel,
            event_id=None if event is None else event.id,
            text=text,
            state=DeliveryState.WAITING,
            attempts=0,
            reason="",
            created_at=now(),
            **about,
        )
        .on_conflict_do_nothing()
        .returning(Delivery.id)
    )
    if delivery_id is not None:
        tasks.deliver(delivery_id=delivery_id).defer(session)


def ask_for_changes(session: Session, event: Event) -> None:
    """Have channels that were told of an event hear of what has changed; not committed.

    Those that are told from now on are told what is.
    """
    if session.scalar(select(exists().where(Delivery.event_id == event.id))):
        tasks.tell_channels(event_id=event.id).defer(session)


def message(event: Event, what: str, rule: str, public_url: str) -> str:
    """Say it in few words, for a telephone at night; names are a stranger's, and are escaped.

    The picture of the map has an address of its own, since it is drawn while this is sent.
    """
    parts = [f"{spoken_name(event)}: {what}"]
    if event.is_test:
        parts.append("TEST")
    if event.classification:
        name, chance = max(event.classification.items(), key=lambda entry: entry[1])
        parts.append(f"{name} {chance:.0%}")
    if event.far:
        parts.append(f"false alarms {event.far * YEAR:.2g} per year")
    if event.event_time is not None:
        parts.append(f"T0 {event.event_time:%Y-%m-%d %H:%M:%S} UTC")
    text = ", ".join(parts) + (f" (rule: {rule})" if rule else "")
    text = escaped(text)
    if not public_url:
        return text
    root = public_url.rstrip("/")
    text += f" {root}/events/{event.id}"
    map_id = event.current_localization_id
    return text if map_id is None else f"{text} map: {root}/localizations/{map_id}/map.png"


def escaped(text: str) -> str:
    """Text with what Slack would take for a link or a mention written as it reads.

    Reference: "Formatting text for app surfaces" in Slack's documentation.
    """
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return text


def deliver(session: Session, channels: Channels, delivery_id: int) -> None:
    """Send one message, unless it may have arrived.

    Parameters
    ----------
    session
        Open session; committed.
    channels
        Of the deployment.
    delivery_id
        A message that waits; any other is left as it is.
    """
    send_at_most_once(
        session,
        Delivery,
        delivery_id,
        prepare=partial(_prepare, session, channels),
        settle=settle,
        say=Outcome,
        pauses=len(PAUSES),
    )


def _prepare(session: Session, channels: Channels, row: Delivery) -> Callable[[], Outcome] | str:
    """How to send it, or why it is not to be sent."""
    if reason := why_not_from_here(session, row.created_at):
        return reason
    channel = channels.by_name.get(row.channel)
    if channel is None:
        return "no such channel is configured"
    return partial(channel.post, row.text)


def settle(session: Session, row: Delivery, outcome: Outcome) -> None:
    """Note what became of a message, and ask for another attempt where there may be one.

    Not committed; the row must be held.
    """
    row.state, row.reason = outcome.state, outcome.reason
    if outcome.state == DeliveryState.WAITING:
        wait = timedelta(seconds=PAUSES[row.attempts - 1])
        tasks.deliver(delivery_id=row.id).defer(session, wait=wait)
        return
    if outcome.state == DeliveryState.SENT:
        row.sent_at = now()
    messages = {
        DeliveryState.SENT: f"People told by {row.channel}",
        DeliveryState.UNCONFIRMED: f"It is not known whether {row.channel} was told",
        DeliveryState.FAILED: f"People could not be told by {row.channel}",
    }
    because = f": {outcome.reason}" if outcome.reason else ""
    record(
        session, messages[outcome.state] + because, subject="delivery", subject_id=row.id,
        event_id=row.event_id,
    )  # fmt: skip

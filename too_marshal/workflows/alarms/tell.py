"""Write to people: once for each way of reaching them and each thing that there is to say."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.accounts.people import Person
from too_marshal.db.alarms import Contact, Notification, Occasion
from too_marshal.db.base import now
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.db.notes import Note
from too_marshal.formatting import utc
from too_marshal.workflows.alarms.people import hours_of
from too_marshal.workflows.alarms.subscriptions import matching, people_of
from too_marshal.workflows.incident.changes import retracted_by
from too_marshal.workflows.incident.material import material_change

TOLD = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.UNCONFIRMED)

ABOUT_THE_EVENT = (Occasion.EVENT, Occasion.ALARM)


def tell_listeners(session: Session, event_id: int) -> None:
    """Ask for messages to everybody who wants to know of an event as it stands; committed.

    It is asked for with each notice, each map and each night that was worked out: who is told of an
    event is told once, and of what changes afterwards.
    """
    event = lock(session, Event, event_id)
    if event.is_retracted:
        _tell_retraction(session, event)
    else:
        _tell_changes(session, event)
        for subscription in matching(session, event):
            for person in people_of(session, subscription):
                due = _due(session, person, is_top=subscription.is_top)
                enter(
                    session, person, Occasion.EVENT, f"event-{event.id}", event_id=event.id,
                    why=subscription.name, due=due,
                )  # fmt: skip
    session.commit()


def enter(  # noqa: PLR0913 - what a message is about
    session: Session,
    person: Person,
    occasion: Occasion,
    about: str,
    *,
    event_id: int | None = None,
    alarm_id: int | None = None,
    why: str = "",
    due: datetime | None = None,
) -> int:
    """Ask for a message by each way of reaching a person; not committed.

    Returns
    -------
    int
        How many were asked for: none that were before, and none where there is no way.
    """
    ways = session.scalars(
        select(Contact).where(Contact.person_id == person.id, Contact.is_enabled)
    ).all()
    rings = occasion == Occasion.ALARM
    asked = 0
    for contact in ways:
        if contact.wakes and not rings:
            continue
        when = due or now()
        added = session.scalar(
            insert(Notification)
            .values(
                person_id=person.id, contact_id=contact.id, kind=contact.kind, occasion=occasion,
                about=about, event_id=event_id, alarm_id=alarm_id, why=why, subject="", text="",
                state=DeliveryState.WAITING, attempts=0, reason="", created_at=now(), due_at=when,
            )
            .on_conflict_do_nothing()
            .returning(Notification.id)
        )  # fmt: skip
        if added is not None:
            tasks.send_notification(notification_id=added).defer(session, at=due)
            asked += 1
    return asked


def _due(session: Session, person: Person, *, is_top: bool) -> datetime | None:
    """When a person may be told; None: at once."""
    hours, always_wakes = hours_of(session, person)
    present = now()
    if is_top and always_wakes:
        return None
    due = hours.may_be_told(present)
    return None if due <= present else due


def _told(session: Session, event: Event) -> list[Person]:
    """People whom a message about the event has reached, or may have."""
    query = (
        select(Person)
        .where(
            Person.id.in_(
                select(Notification.person_id).where(
                    Notification.event_id == event.id,
                    Notification.occasion.in_(ABOUT_THE_EVENT),
                    Notification.state.in_(TOLD),
                )
            )
        )
        .order_by(Person.id)
    )
    return list(session.scalars(query))


def _tell_retraction(session: Session, event: Event) -> None:
    about = f"retraction-{retracted_by(session, event) or event.id}"
    for person in _told(session, event):
        due = _due(session, person, is_top=True)
        enter(session, person, Occasion.RETRACTION, about, event_id=event.id, due=due)


def _tell_changes(session: Session, event: Event) -> None:
    """Tell those who were told something that does not hold any more."""
    change = material_change(session, event)
    if change is None:
        return
    told_before = select(Notification.person_id).where(
        Notification.event_id == event.id,
        Notification.occasion.in_(ABOUT_THE_EVENT),
        Notification.state.in_(TOLD),
        Notification.as_of < change.understood_at,
    )
    people = session.scalars(select(Person).where(Person.id.in_(told_before)).order_by(Person.id))
    for person in people:
        due = _due(session, person, is_top=False)
        about = f"notice-{change.notice_id}"
        enter(session, person, Occasion.UPDATE, about, event_id=event.id, due=due)


def tell_mentioned(session: Session, note_id: int) -> None:
    """Write to those whom a note calls; committed."""
    note = session.get_one(Note, note_id)
    called = select(Person).where(Person.username.in_(note.mentions), Person.is_active)
    for person in session.scalars(called.order_by(Person.id)):
        enter(
            session,
            person,
            Occasion.MENTION,
            f"note-{note.id}",
            event_id=note.event_id,
            why=f"{note.author} calls you: {note.text}",
            due=_due(session, person, is_top=False),
        )
    session.commit()


def send_test(session: Session, contact: Contact) -> int:
    """Ask for a test message by one way of reaching a person; committed."""
    row = Notification(
        person_id=contact.person_id,
        contact_id=contact.id,
        kind=contact.kind,
        occasion=Occasion.TEST,
        about=f"test-{now().isoformat()}",
        why=f"you asked for it at {utc(now())}.",
    )
    session.add(row)
    session.flush()
    tasks.send_notification(notification_id=row.id).defer(session)
    session.commit()
    return row.id

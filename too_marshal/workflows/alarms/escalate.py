"""Wake people, one circle after the other, until somebody says that they see to it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Alarm, Contact, Occasion, Shift
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.notices.others.drill import STREAM as DRILL
from too_marshal.workflows.alarms.send import Desk
from too_marshal.workflows.alarms.shifts import on_call
from too_marshal.workflows.alarms.tell import enter

CIRCLES = ("primary", "secondary", "everybody")
"""Who is woken one after the other."""

REPEATS = 12
"""How often everybody is woken; then the alarm stays red and rings no more."""

STEPS = len(CIRCLES) + REPEATS - 1


def open_alarm(session: Session, event_id: int, why: str) -> Alarm | None:
    """Open the alarm of an event, unless it has one or the event is retracted; committed.

    Parameters
    ----------
    session
        Open session.
    event_id, why
        The event, and which rule or who says that somebody has to see to it.

    Returns
    -------
    Alarm or None
        The alarm; None where nobody could be woken, or nothing is to be seen to.
    """
    event = lock(session, Event, event_id)
    if event.is_retracted or not _anybody(session):
        session.commit()
        return None
    alarm_id = session.scalar(
        insert(Alarm)
        .values(event_id=event_id, why=why, is_drill=event.stream == DRILL, opened_at=now(), step=0,
                acknowledged_how="")
        .on_conflict_do_nothing()
        .returning(Alarm.id)
    )  # fmt: skip
    if alarm_id is not None:
        record(session, f"Alarm: {why}", subject="alarm", subject_id=alarm_id, event_id=event_id)
        tasks.escalate(alarm_id=alarm_id, step=0).defer(session)
    session.commit()
    return session.scalars(select(Alarm).where(Alarm.event_id == event_id)).one()


def escalate(session: Session, desk: Desk, alarm_id: int, step: int) -> None:
    """Wake the circle of a step, and ask for the next; committed.

    Parameters
    ----------
    session, desk
        Open session, and how long an alarm waits for an answer.
    alarm_id, step
        Of which alarm; a step that was taken is not taken again.
    """
    alarm = lock(session, Alarm, alarm_id)
    event = session.get_one(Event, alarm.event_id, populate_existing=True)
    if alarm.acknowledged_at is None and alarm.ended_at is None and event.is_retracted:
        end_alarm(session, alarm)
    is_over = alarm.acknowledged_at is not None or alarm.ended_at is not None
    if is_over or step != alarm.step or step >= STEPS:
        session.commit()
        return
    circle, people = _circle(session, step)
    woken = [
        person.username
        for person in people
        if enter(
            session, person, Occasion.ALARM, f"alarm-{alarm.id}-{step}", event_id=alarm.event_id,
            alarm_id=alarm.id, why=f"{circle} on call",
        )
    ]  # fmt: skip
    alarm.step = step + 1
    said = f"Alarm to {circle}: {', '.join(woken)}" if woken else f"Nobody to wake as {circle}"
    record(session, said, subject="alarm", subject_id=alarm.id, event_id=alarm.event_id)
    if alarm.step < STEPS:
        # Whom nothing reaches is not waited for; of everybody somebody may come to be reached.
        is_last = step >= len(CIRCLES) - 1
        wait = desk.escalate_after if woken or is_last else timedelta(0)
        tasks.escalate(alarm_id=alarm.id, step=alarm.step).defer(session, wait=wait)
    session.commit()


def _circle(session: Session, step: int) -> tuple[str, list[Person]]:
    """Whom a step wakes, by the shifts as they are now."""
    shift = on_call(session, now())
    if step == 0:
        return CIRCLES[0], _active(None if shift is None else shift.primary)
    if step == 1:
        return CIRCLES[1], _active(None if shift is None else shift.secondary)
    return CIRCLES[2], everybody(session)


def _active(person: Person | None) -> list[Person]:
    return [person] if person is not None and person.is_active else []


def everybody(session: Session) -> list[Person]:
    """All who may decide what is observed, and can be reached."""
    reachable = select(Contact.person_id).where(Contact.is_enabled)
    query = select(Person).where(
        Person.is_active, Person.role >= Role.OBSERVER, Person.id.in_(reachable)
    )
    return list(session.scalars(query.order_by(Person.id)))


def _anybody(session: Session) -> bool:
    return bool(everybody(session)) or session.scalar(select(Shift.id).limit(1)) is not None


def look_for_alarms(session: Session) -> None:
    """Ask again for the next step of alarms of which no job waits; committed.

    One was lost with a job that failed for good.
    """
    query = select(Alarm.id, Alarm.step).where(
        Alarm.acknowledged_at.is_(None), Alarm.ended_at.is_(None), Alarm.step < STEPS
    )
    for alarm_id, step in session.execute(query.order_by(Alarm.id)).all():
        tasks.escalate(alarm_id=alarm_id, step=step).defer(session)
    session.commit()


def acknowledge_alarm(session: Session, alarm_id: int, *, by: str, how: str) -> bool:
    """Say that somebody sees to it: nobody is woken any more. Committed.

    Parameters
    ----------
    session, alarm_id
        Open session, and which alarm.
    by, how
        Who says so, and by what: page, link, key or program.

    Returns
    -------
    bool
        False where somebody had acknowledged before; that one stays.
    """
    alarm = lock(session, Alarm, alarm_id)
    is_first = alarm.acknowledged_at is None
    if is_first:
        alarm.acknowledged_by, alarm.acknowledged_at, alarm.acknowledged_how = by, now(), how
        record(
            session, f"Alarm acknowledged by {how}", subject="alarm", subject_id=alarm.id,
            event_id=alarm.event_id, actor=by,
        )  # fmt: skip
    session.commit()
    return is_first


def end_alarm(session: Session, alarm: Alarm) -> None:
    """Nobody has to see to it any more, since the event is retracted; not committed."""
    alarm.ended_at = now()
    record(
        session, "Alarm ended: the event is retracted", subject="alarm", subject_id=alarm.id,
        event_id=alarm.event_id,
    )  # fmt: skip


def alarms_of(session: Session, event_ids: list[int]) -> dict[int, Alarm]:
    """Alarms of events, by event."""
    rows = session.scalars(select(Alarm).where(Alarm.event_id.in_(event_ids)))
    return {row.event_id: row for row in rows}


def ringing(session: Session, event_ids: list[int]) -> set[int]:
    """Events among these whose alarm nobody has acknowledged."""
    query = select(Alarm.event_id).where(
        Alarm.event_id.in_(event_ids), Alarm.acknowledged_at.is_(None), Alarm.ended_at.is_(None)
    )
    return set(session.scalars(query))

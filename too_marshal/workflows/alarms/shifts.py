"""Who is on call: shifts, and how they change hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Person
from too_marshal.db.alarms import Shift, ShiftChange
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.formatting import utc
from too_marshal.workflows.errors import Invalid
from too_marshal.workflows.events.spoken import spoken_name

MAX_WEEKS = 104
MAX_LENGTH = timedelta(days=31)

PLACES = ("primary", "secondary")


class ShiftInvalid(Invalid):
    """A shift cannot be as asked; the message is for the person."""


@dataclass(frozen=True)
class Weekly:
    """Shifts that come again every week, by the clocks of a place."""

    first_day: date
    """On which the first begins, local."""

    begins: time
    """Local time."""

    length: timedelta
    """Of each, by the clocks on the wall: a shift to the same hour of another day stays that."""

    weeks: int
    """How many there are."""

    zone: ZoneInfo
    """Whose clocks."""

    def spans(self) -> list[tuple[datetime, datetime]]:
        """Beginning and end of each, UTC."""
        first = datetime.combine(self.first_day, self.begins)
        starts = [first + timedelta(weeks=week) for week in range(self.weeks)]
        # Wall-clock arithmetic first, the zone afterwards: a change of the clocks moves no shift.
        return [(self._utc(start), self._utc(start + self.length)) for start in starts]

    def _utc(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def on_call(session: Session, at: datetime) -> Shift | None:
    """The shift of a moment; of several the one that began last."""
    query = select(Shift).where(Shift.starts_at <= at, Shift.ends_at > at)
    return session.scalars(query.order_by(Shift.starts_at.desc(), Shift.id.desc())).first()


def shifts_between(session: Session, start: datetime, end: datetime) -> Sequence[Shift]:
    """Shifts that touch a span, in their order."""
    query = select(Shift).where(Shift.starts_at < end, Shift.ends_at > start)
    return session.scalars(query.order_by(Shift.starts_at, Shift.id)).all()


def add_shifts(
    session: Session,
    weekly: Weekly,
    *,
    primaries: Sequence[Person],
    secondaries: Sequence[Person],
    by: str,
) -> list[Shift]:
    """Add shifts, one a week, that people take in turn; committed.

    Parameters
    ----------
    session
        Open session.
    weekly
        When they are.
    primaries, secondaries
        People who take turns, in their order; nobody needs to be second.
    by
        Who says so.

    Raises
    ------
    ShiftInvalid
        If nobody is named, the span cannot be, one is both first and second, or a shift overlaps
        one that exists: nothing is added then.
    """
    _check(weekly, primaries)
    rows = []
    for number, (start, end) in enumerate(weekly.spans()):
        primary = primaries[number % len(primaries)]
        secondary = secondaries[number % len(secondaries)] if secondaries else None
        if secondary is not None and secondary.id == primary.id:
            session.rollback()
            raise ShiftInvalid(
                f"{primary.username} would be first and second from {utc(start)} on: "
                "give other turns."
            )
        rows.append(
            Shift(
                starts_at=start, ends_at=end, primary_id=primary.id, made_by=by,
                secondary_id=None if secondary is None else secondary.id,
            )
        )  # fmt: skip
    _refuse_overlap(session, rows)
    session.add_all(rows)
    session.commit()
    return rows


def _check(weekly: Weekly, primaries: Sequence[Person]) -> None:
    if not primaries:
        raise ShiftInvalid("Say who is on call.")
    if not timedelta(0) < weekly.length <= MAX_LENGTH:
        raise ShiftInvalid("A shift lasts longer than nothing, and 31 days at the most.")
    if not 1 <= weekly.weeks <= MAX_WEEKS:
        raise ShiftInvalid(f"From 1 to {MAX_WEEKS} weeks.")
    if weekly.weeks > 1 and weekly.length > timedelta(weeks=1):
        raise ShiftInvalid("Shifts that come again every week last a week at the most.")


def _refuse_overlap(session: Session, rows: Sequence[Shift]) -> None:
    for known in shifts_between(session, rows[0].starts_at, rows[-1].ends_at):
        for row in rows:
            if row.starts_at < known.ends_at and known.starts_at < row.ends_at:
                said = f"{known.primary.username} is on call from {utc(known.starts_at)}"
                session.rollback()
                raise ShiftInvalid(f"{said} already: end that shift first.")


def remove_shift(session: Session, shift_id: int) -> None:
    """Take a shift away; committed."""
    session.delete(lock(session, Shift, shift_id))
    session.commit()


def offer_change(
    session: Session, shift_id: int, place: str, to: Person, *, by: Person
) -> ShiftChange:
    """Offer to take a place of a shift, or ask somebody to; committed.

    It holds once the other one agrees: who has the place where somebody wants it, and who is to
    have it where it is given away.

    Raises
    ------
    ShiftInvalid
        If it is none of theirs, or over, or that person has a place of it already.
    """
    shift = lock(session, Shift, shift_id)
    holder = _holder(shift, place)
    try:
        _check_change(session, shift, place, holder, to, by)
    except ShiftInvalid:
        session.rollback()
        raise
    assert holder is not None
    row = ShiftChange(
        shift_id=shift.id, place=place, from_id=holder.id, to_id=to.id, asked_by_id=by.id
    )
    session.add(row)
    session.commit()
    return row


def _holder(shift: Shift, place: str) -> Person | None:
    return shift.primary if place == PLACES[0] else shift.secondary


def _check_change(  # noqa: PLR0913, PLR0917 - who gives what to whom
    session: Session, shift: Shift, place: str, holder: Person | None, to: Person, by: Person
) -> None:
    if place not in PLACES or holder is None:
        raise ShiftInvalid("Nobody has that place: change the shift itself.")
    if shift.ends_at <= now():
        raise ShiftInvalid("The shift is over.")
    if by.id not in {holder.id, to.id}:
        raise ShiftInvalid("Only who has the place, or who is to have it, can say so.")
    if to.id in {shift.primary_id, shift.secondary_id}:
        raise ShiftInvalid(f"{to.username} has a place of that shift already.")
    is_open = select(ShiftChange.id).where(
        ShiftChange.shift_id == shift.id,
        ShiftChange.place == place,
        ShiftChange.answered_at.is_(None),
    )
    if session.scalar(is_open) is not None:
        raise ShiftInvalid("Somebody has asked for that before: answer that first.")


def answer_change(session: Session, change_id: int, *, by: Person, agrees: bool) -> ShiftChange:
    """Agree, or do not; who asked may take it back by not agreeing. Committed.

    Raises
    ------
    ShiftInvalid
        If it is answered, another's to answer, or the place has changed hands since.
    """
    row = lock(session, ShiftChange, change_id)
    shift = lock(session, Shift, row.shift_id)
    answering = {row.from_id, row.to_id} - {row.asked_by_id}
    if not agrees:
        answering.add(row.asked_by_id)
    holder = _holder(shift, row.place)
    faults = {
        "It was answered before.": row.answered_at is not None,
        "It is another's to answer.": by.id not in answering,
        "The place has changed hands meanwhile.": agrees
        and (holder is None or holder.id != row.from_id),
    }
    fault = next((text for text, is_so in faults.items() if is_so), None)
    if fault is not None:
        session.rollback()
        raise ShiftInvalid(fault)
    row.answered_at, row.is_agreed = now(), agrees
    if agrees and row.place == PLACES[0]:
        shift.primary_id = row.to_id
    elif agrees:
        shift.secondary_id = row.to_id
    session.commit()
    session.expire(shift)
    return row


def open_changes(session: Session, person: Person) -> Sequence[ShiftChange]:
    """Changes that wait for an answer and touch a person."""
    query = select(ShiftChange).where(
        ShiftChange.answered_at.is_(None),
        or_(ShiftChange.from_id == person.id, ShiftChange.to_id == person.id),
    )
    return session.scalars(query.order_by(ShiftChange.id)).all()


def hand_over_draft(session: Session, shift: Shift) -> str:
    """A note for who comes next, from the events of a shift; to be edited by who writes it."""
    query = select(Event).where(
        Event.created_at >= shift.starts_at,
        Event.created_at < shift.ends_at,
        Event.is_test.is_(False),
    )
    events = session.scalars(query.order_by(Event.id)).all()
    lines = [f"{spoken_name(event)}: {_standing(event)}" for event in events]
    head = f"On call {utc(shift.starts_at, seconds=False)} to {utc(shift.ends_at, seconds=False)}."
    return "\n".join([head, *(lines or ["No event came."])])


def _standing(event: Event) -> str:
    parts = ["retracted" if event.is_retracted else event.kind or "initial"]
    if event.in_charge:
        parts.append(f"{event.in_charge} is in charge")
    return ", ".join(parts)


def write_hand_over(session: Session, shift_id: int, text: str, *, by: str) -> None:
    """Store the note of a shift for who comes next; committed.

    Raises
    ------
    ShiftInvalid
        If it is too long.
    """
    if len(text) > 8000:
        raise ShiftInvalid("A note has 8000 characters at the most.")
    shift = lock(session, Shift, shift_id)
    shift.note, shift.noted_by = text.strip(), by
    session.commit()

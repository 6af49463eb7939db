"""Notes on events, plans and candidates, and whom they call."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.accounts.people import Person
from too_marshal.db.base import now
from too_marshal.db.counterparts.candidates import Candidate
from too_marshal.db.events import record
from too_marshal.db.locks import lock
from too_marshal.db.notes import Note
from too_marshal.db.observing.plans import Plan

MAX_LENGTH = 4000

MENTION = re.compile(r"(?<![\w@])@([\w.-]{1,80}?)(?=[.-]*(?:[^\w.-]|$))")
"""``@anna``; a full stop behind it ends the sentence, not the name."""


class NoteRefused(ValueError):
    """It cannot be; the message is for the person."""


def write_note(  # noqa: PLR0913 - what a note may be about
    session: Session,
    event_id: int,
    text: str,
    *,
    by: str,
    plan_id: int | None = None,
    candidate_id: int | None = None,
) -> Note:
    """Write a note on an event, or on one of its plans or candidates; committed.

    Raises
    ------
    NoteRefused
        If there is nothing in it, or too much, or the plan or candidate is of another event.
    """
    text = _checked(text)
    about = _about(session, event_id, plan_id, candidate_id)
    note = Note(
        event_id=event_id, plan_id=plan_id, candidate_id=candidate_id, author=by, text=text,
        mentions=_called(session, text),
    )  # fmt: skip
    session.add(note)
    session.flush()
    _record(session, note, f"Note{about}: {_shortened(text)}", by)
    if note.mentions:
        tasks.tell_mentioned(note_id=note.id).defer(session)
    session.commit()
    return note


def _about(session: Session, event_id: int, plan_id: int | None, candidate_id: int | None) -> str:
    """What a note is about, beside its event, as its line on the timeline says it."""
    about = ""
    if plan_id is not None:
        if session.get_one(Plan, plan_id).event_id != event_id:
            raise NoteRefused(f"plan {plan_id} is of another event")
        about = f" on plan {plan_id}"
    if candidate_id is not None:
        candidate = session.get_one(Candidate, candidate_id)
        if candidate.event_id != event_id:
            raise NoteRefused(f"{candidate.object_id} is a candidate of another event")
        about += f" on {candidate.object_id}"
    return about


def change_note(session: Session, note_id: int, text: str, *, by: str) -> Note:
    """Change the text of one's own note; committed.

    Raises
    ------
    NoteRefused
        If it is another person's, or removed, or the text cannot be.
    """
    text = _checked(text)
    note = _own(session, note_id, by)
    note.text, note.mentions, note.changed_at = text, _called(session, text), now()
    record(
        session,
        "Note changed",
        subject="note",
        subject_id=note.id,
        event_id=note.event_id,
        actor=by,
    )
    session.commit()
    return note


def remove_note(session: Session, note_id: int, *, by: str, is_admin: bool = False) -> Note:
    """Take a note away: one's own, or as an administrator any; committed.

    The row stays, for who looks after the service.

    Raises
    ------
    NoteRefused
        If it is another person's.
    """
    note = _own(session, note_id, by, is_admin=is_admin)
    note.removed_at = now()
    record(
        session,
        "Note removed",
        subject="note",
        subject_id=note.id,
        event_id=note.event_id,
        actor=by,
    )
    session.commit()
    return note


def notes_of(
    session: Session,
    event_id: int,
    plan_id: int | None = None,
    candidate_id: int | None = None,
) -> Sequence[Note]:
    """Notes on an event, its plans and candidates, or on one of these, the latest first."""
    query = select(Note).where(Note.event_id == event_id, Note.removed_at.is_(None))
    if plan_id is not None:
        query = query.where(Note.plan_id == plan_id)
    if candidate_id is not None:
        query = query.where(Note.candidate_id == candidate_id)
    return session.scalars(query.order_by(Note.id.desc()).limit(200)).all()


def notes_on_candidates(session: Session, event_id: int) -> dict[int, list[Note]]:
    """Notes on each candidate of an event, by its number, the latest first."""
    query = select(Note).where(
        Note.event_id == event_id, Note.candidate_id.is_not(None), Note.removed_at.is_(None)
    )
    found = defaultdict(list)
    for note in session.scalars(query.order_by(Note.id.desc()).limit(1000)):
        found[note.candidate_id or 0].append(note)
    return found


def mentions_of(session: Session, username: str, limit: int = 20) -> Sequence[Note]:
    """The latest notes that call a person."""
    query = (
        select(Note)
        .where(Note.mentions.contains([username]), Note.removed_at.is_(None))
        .order_by(Note.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def _record(session: Session, note: Note, text: str, by: str) -> None:
    record(session, text, subject="note", subject_id=note.id, event_id=note.event_id, actor=by)


def _own(session: Session, note_id: int, by: str, *, is_admin: bool = False) -> Note:
    note = lock(session, Note, note_id)
    if note.removed_at is not None:
        session.rollback()
        raise NoteRefused("the note is removed")
    if note.author != by and not is_admin:
        session.rollback()
        raise NoteRefused(f"the note is {note.author}'s")
    return note


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise NoteRefused("there is nothing in the note")
    if len(text) > MAX_LENGTH:
        raise NoteRefused(f"a note has {MAX_LENGTH} characters at the most, not {len(text)}")
    return text


def _called(session: Session, text: str) -> list[str]:
    """People of ours whom a text mentions, each once."""
    names = list(dict.fromkeys(MENTION.findall(text)))
    if not names:
        return []
    known = set(session.scalars(select(Person.username).where(Person.username.in_(names))))
    return [name for name in names if name in known]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else line[:119].rstrip() + "\N{HORIZONTAL ELLIPSIS}"

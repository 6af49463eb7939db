"""Change the text of a draft: its values stay bound to the data, and every version is kept."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcn_templates import (
    Circular,
    Difference,
    Finding,
    Value,
    differences,
    findings,
    loose_numbers,
    plain,
    up_to_date,
)
from gcn_templates.bound import MARK
from gcn_templates.lint import Level
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft, CircularVersion
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.workflows.circulars.draft import facts_to_json, keep_version, written_from
from too_marshal.workflows.circulars.earlier import sent_before
from too_marshal.workflows.circulars.gather import gather, subject_name
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.errors import Declined, Forbidden, Invalid

MAX_TEXT = 40_000
"""Characters of a body; a circular of sixty lines has five thousand."""


class TextInvalid(Invalid):
    """What was typed cannot be the text of a circular."""


class NotEditable(Forbidden):
    """The text has changed meanwhile, or has gone out; the message says so."""


@dataclass(frozen=True)
class Checked:
    """What there is to say of a text."""

    circular: Circular
    """As it would be sent."""

    findings: list[Finding]
    """Rules that it breaks, and what should be looked at."""

    by_hand: list[Difference]
    """Bound values that were changed by hand."""

    loose: list[str]
    """Numbers that no data stand behind."""

    @property
    def faults(self) -> list[str]:
        """What keeps it from being approved."""
        return [str(each) for each in self.findings if each.level is Level.FAULT]


@dataclass(frozen=True)
class Outdated:
    """A value that the data have left behind."""

    name: str
    said: str
    says: str


def bound_values(row: CircularDraft) -> dict[str, Value]:
    """Values that a draft's text may have."""
    return {name: Value(**value) for name, value in row.values.items()}


def bound_in(row: CircularDraft) -> dict[str, Value]:
    """Values that stand in a draft's text, in the order of the text."""
    values = bound_values(row)
    return {name: values[name] for name, _ in MARK.findall(row.text) if name in values}


def check(row: CircularDraft, subject: str, text: str) -> Checked:
    """Hold a text against the rules of GCN, and against the data of its draft."""
    circular = Circular(" ".join(subject.split()), plain(text))
    by_hand = differences(text, bound_values(row)) if row.values else []
    return Checked(
        circular,
        findings(circular, subject_name(row.event)),
        by_hand,
        loose_numbers(text) if row.values else [],
    )


def outdated(session: Session, row: CircularDraft) -> tuple[list[Outdated], str]:
    """Values of a draft's text that the data of now do not say any more, and why none are known.

    Returns
    -------
    outdated, reason
        `reason` is empty unless the facts cannot be gathered any more.
    """
    if not row.request:
        return [], ""
    try:
        values = _values_now(session, row)
    except Declined as err:
        return [], str(err)
    return [
        Outdated(name, value.text, values[name].text)
        for name, value in bound_values(row).items()
        if f"{{{name}={value.text}}}" in row.text
        and name in values
        and values[name].text != value.text
    ], ""


def _values_now(session: Session, row: CircularDraft) -> Mapping[str, Value]:
    asked = CircularRequest.model_validate(row.request)
    event = session.get_one(Event, row.event_id)
    return written_from(gather(session, event, asked, author=row.author), asked).values


def change(  # noqa: PLR0913 - what is stored, over what, and by whom
    session: Session, circular_id: int, *, version: int, subject: str, text: str, by: str
) -> CircularDraft:
    """Store another text; what was approved is approved no more.

    Parameters
    ----------
    session
        Open session; committed.
    circular_id, version
        Which draft, and which version of it the person has read.
    subject, text
        The whole text, its values marked.
    by
        The person.

    Raises
    ------
    TextInvalid
        If there is too much of it, or it cannot be stored.
    NotEditable
        If somebody else was faster, or the text has gone out.
    """
    if len(text) > MAX_TEXT or len(subject) > MAX_TEXT:
        raise TextInvalid(f"a circular has {MAX_TEXT} characters at the most")
    if "\0" in text + subject:
        raise TextInvalid("the text holds a NUL character")
    row = _editable(session, circular_id, version)
    _store(session, row, " ".join(subject.split()), text.replace("\r\n", "\n").strip(), by)
    session.commit()
    return row


def bring_up_to_date(session: Session, circular_id: int, *, version: int, by: str) -> CircularDraft:
    """Put what the data say now in the place of what they said; committed.

    Raises
    ------
    NotEditable
        If somebody else was faster, or the text has gone out.
    NothingExecuted
        If there is nothing to report any more.
    """
    row = _editable(session, circular_id, version)
    asked = CircularRequest.model_validate(row.request)
    event = session.get_one(Event, row.event_id)
    gathered = gather(session, event, asked, author=row.author)
    written = written_from(gathered, asked)
    text = up_to_date(row.text, bound_values(row), written.values)
    row.values = {name: asdict(value) for name, value in written.values.items()}
    row.facts = facts_to_json(gathered)
    _store(session, row, row.subject, text, by)
    session.commit()
    return row


def _editable(session: Session, circular_id: int, version: int) -> CircularDraft:
    row = lock(session, CircularDraft, circular_id)
    session.refresh(row, ["sendings"])
    if row.sending is not None:
        raise NotEditable(
            f"This text is {row.state}: it cannot be changed any more. Draft another."
        )
    if row.version != version:
        raise NotEditable(
            f"{row.changed_by} has changed this text since you have read it: read it again."
        )
    return row


def _store(session: Session, row: CircularDraft, subject: str, text: str, by: str) -> None:
    """Store a text under a new version; not committed."""
    body = plain(text)
    if (subject, text) == (row.subject, row.text):
        return
    was_approved = row.is_approved
    row.subject, row.text, row.body = subject, text, body
    row.version, row.changed_by, row.changed_at = row.version + 1, by, now()
    keep_version(session, row)
    words = f"Circular changed (version {row.version})"
    if was_approved and not row.is_approved:
        words += f"; the approval of {row.approved_by} is void"
    if not row.is_approved:
        row.approved_by = row.approved_at = row.approved_sha256 = None
    record(session, words, subject="circular", subject_id=row.id, event_id=row.event_id, actor=by)


def versions_of(session: Session, circular_id: int) -> list[CircularVersion]:
    """Every version of a draft, the last one first."""
    query = select(CircularVersion).where(CircularVersion.draft_id == circular_id)
    return list(session.scalars(query.order_by(CircularVersion.version.desc())))


def last_sent(session: Session, row: CircularDraft) -> CircularDraft | None:
    """Our last circular on the event that has gone out, but for this one."""
    return next((each for each in sent_before(session, row.event_id) if each.id != row.id), None)


def compared(before: tuple[str, str], after: tuple[str, str]) -> list[tuple[str, str]]:
    """Lines of two texts (subject and body), each with "-", "+" or " "; equal parts are cut."""
    old, new = (f"{subject}\n\n{body}".splitlines() for subject, body in (before, after))
    lines = difflib.unified_diff(old, new, n=1, lineterm="")
    return [(line[:1], line[1:]) for line in lines if not line.startswith(("---", "+++"))]

"""Write the draft of a circular from what was executed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gcn_templates import KINDS, CircularFault, Written, write
from too_marshal import tasks
from too_marshal.db.circulars import CircularDraft, CircularVersion
from too_marshal.db.events import Event, record
from too_marshal.workflows.circulars.gather import Gathered, gather
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.errors import Forbidden


class CircularForbidden(Forbidden):
    """What is known makes a text that GCN would not take."""


def draft(session: Session, event_id: int, asked: CircularRequest, *, author: str) -> CircularDraft:
    """Write and store a draft. Nothing is sent.

    Parameters
    ----------
    session
        Open session; committed.
    event_id, asked
        About which event, and what of it.
    author
        Who asked for it.

    Raises
    ------
    NothingExecuted
        If a telescope has executed nothing of the kind, or its coverage is not known.
    NothingToSay
        If what such a circular is about was not given.
    CircularForbidden
        If the text would break a rule of GCN.
    """
    event = session.get_one(Event, event_id)
    gathered = gather(session, event, asked, author=author)
    written = written_from(gathered, asked)
    circular = written.circular
    stored = CircularDraft(
        event_id=event_id,
        kind=asked.kind,
        telescopes=[each.key for each in gathered.facts.telescopes],
        subject=circular.subject,
        text=written.text,
        body=circular.body,
        values={name: asdict(value) for name, value in written.values.items()},
        facts=facts_to_json(gathered),
        request=asked.model_dump(mode="json"),
        author=author,
        changed_by=author,
    )
    session.add(stored)
    session.flush()
    keep_version(session, stored)
    record(
        session,
        f"Circular drafted: {stored.subject}",
        subject="circular",
        subject_id=stored.id,
        event_id=event_id,
        actor=author,
    )
    if gathered.localization_id is not None:
        # With all that was executed.
        tasks.draw(localization_id=gathered.localization_id).defer(session)
    if gathered.notes and gathered.localization_id is not None:
        tasks.cover_version(event_id=event_id, localization_id=gathered.localization_id).defer(
            session
        )
    session.commit()
    return stored


def written_from(gathered: Gathered, asked: CircularRequest) -> Written:
    """Write a text, by the texts of its kind.

    Raises
    ------
    CircularForbidden
        If it would break a rule of GCN.
    """
    try:
        return write(KINDS[asked.kind], gathered.facts)
    except CircularFault as err:
        raise CircularForbidden(str(err)) from err


def keep_version(session: Session, row: CircularDraft) -> None:
    """Keep a draft as it stands; not committed."""
    session.add(
        CircularVersion(
            draft_id=row.id,
            version=row.version,
            subject=row.subject,
            text=row.text,
            body=row.body,
            changed_by=row.changed_by,
            changed_at=row.changed_at,
        )
    )


def facts_to_json(gathered: Gathered) -> dict[str, Any]:
    """What a text was written from, as it is stored."""
    plain: dict[str, Any] = _plain(asdict(gathered.facts))
    return {**plain, "localization_id": gathered.localization_id, "notes": list(gathered.notes)}


def _plain(value: Any) -> Any:
    """JSON for `value`; times as ISO 8601."""
    if isinstance(value, dict):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value

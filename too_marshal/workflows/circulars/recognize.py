"""Recognize a circular of ours when it comes back from GCN, whoever has sent it."""

from __future__ import annotations

import difflib

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, undefer

from too_marshal.db.base import MARSHAL, now
from too_marshal.db.circulars import (
    SEEN,
    CircularDraft,
    CircularSending,
    is_about,
    sha256_of_circular,
)
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import record
from too_marshal.db.locks import lock
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.circulars.received import circulars_among, text_of

LIKE = 0.9
"""Part of the words that must be the same, in the same order, under the same subject: GCN's
moderators, and who pastes the text, may correct something."""

LIKE_UNDER_ANOTHER_SUBJECT = 0.97
"""The same where the subject was changed too."""


def recognize_circular(session: Session, notice_id: int) -> None:
    """See whether a circular that came in is one of ours, and link it.

    Parameters
    ----------
    session
        Open session; committed.
    notice_id
        A notice; one that is no circular, or is none of ours, is left as it is.
    """
    row = session.get_one(ReceivedNotice, notice_id, options=[undefer(ReceivedNotice.payload)])
    body = text_of(row)
    read = circulars_among([row])
    if body is None or not read:
        return
    number, subject = read[0].number, read[0].subject
    known = session.scalars(select(CircularSending).where(CircularSending.number == number)).first()
    draft_id = known.draft_id if known is not None else _likest(session, row, subject, body)
    if draft_id is None:
        session.commit()
        return
    # The draft's row is held first, as by everybody who changes what is sent of it.
    draft = lock(session, CircularDraft, draft_id)
    session.refresh(draft, ["sendings"])
    _link(session, draft, row, number)
    session.commit()


def _likest(session: Session, row: ReceivedNotice, subject: str, body: str) -> int | None:
    """Our text that is most like it, if any is like enough and has no number yet."""
    query = select(CircularDraft).where(or_(*is_about(row.event_id, subject)))
    likeness: dict[int, float] = {}
    for draft in session.scalars(query):
        sending = draft.sending
        if sending is not None and sending.number is not None:
            continue
        ours = (draft.subject, draft.body) if sending is None else (sending.subject, sending.body)
        likeness[draft.id] = like(ours, (subject, body))
    best = max(likeness, key=lambda each: likeness[each], default=None)
    return best if best is not None and likeness[best] > 0 else None


def like(ours: tuple[str, str], theirs: tuple[str, str]) -> float:
    """How much alike two circulars are, 0 to 1; 0 where they are not the same one."""
    subjects = [_words(text) for text, _ in (ours, theirs)]
    bodies = [_words(text) for _, text in (ours, theirs)]
    is_same_subject = subjects[0] == subjects[1]
    hashes = {sha256_of_circular("", " ".join(words)) for words in bodies}
    if is_same_subject and len(hashes) == 1:
        return 1.0
    ratio = difflib.SequenceMatcher(None, bodies[0], bodies[1], autojunk=False).ratio()
    needed = LIKE if is_same_subject else LIKE_UNDER_ANOTHER_SUBJECT
    return ratio if ratio >= needed else 0.0


def _words(text: str) -> list[str]:
    return text.casefold().split()


def _link(session: Session, draft: CircularDraft, row: ReceivedNotice, number: int) -> None:
    sending = draft.sending
    if sending is None:
        sending = CircularSending(
            draft_id=draft.id,
            version=draft.version,
            sha256=draft.sha256,
            subject=draft.subject,
            body=draft.body,
            way=SEEN,
            asked_by=MARSHAL,
        )
        session.add(sending)
    else:
        sending = lock(session, CircularSending, sending.id)
    is_new = sending.state != DeliveryState.SENT or sending.number is None
    sending.state, sending.number, sending.reason = DeliveryState.SENT, number, ""
    sending.sent_at = sending.sent_at or now()
    sending.notice_id = sending.notice_id or row.id
    if is_new:
        record(
            session,
            f"Our circular has come out: GCN Circular {number}",
            subject="circular",
            subject_id=draft.id,
            event_id=draft.event_id,
        )

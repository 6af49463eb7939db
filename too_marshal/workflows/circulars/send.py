"""Hand an approved circular to GCN: at the most once, and never one of a test.

What may have arrived is not sent again: it is unconfirmed until it comes back among the circulars
(`too_marshal.workflows.circulars.recognize`), or a person says what became of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal import failpoints, tasks
from too_marshal.db.base import now
from too_marshal.db.circulars import BY_HAND, CircularDraft, CircularSending
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.deployment.circulars.way import API, Answer
from too_marshal.deployment.circulars.ways import CircularWays
from too_marshal.workflows.at_most_once import send_at_most_once
from too_marshal.workflows.circulars.edit import check
from too_marshal.workflows.circulars.signing import Signer, signed, signer_for
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.live_database import why_copy

PAUSES = (10.0, 60.0, 300.0, 900.0, 1800.0)
"""Seconds before each further attempt; then it is given up."""

NOT_SEEN = "a person sends it; it has not been seen among the circulars yet"


class NotSendable(Forbidden):
    """The circular is not sent; the message says why."""


def why_not(session: Session, event: Event, ways: CircularWays) -> str:
    """Why no circular on this event may leave the house, as a sentence; empty if it may."""
    if ways.is_rehearsal:
        return "This is a rehearsal: nothing leaves it."
    if event.is_test:
        return "This is a test event: no circular is sent on it."
    if reason := why_copy(session):
        return f"This is a copy: {reason}."
    return ""


def ask_to_send(  # noqa: PLR0913 - what is sent, how, and who says so
    session: Session,
    ways: CircularWays,
    circular_id: int,
    *,
    way: str,
    sha256: str,
    by: str,
    signer: str | None = None,
) -> CircularSending:
    """Have an approved text sent, or note that a person sends it; committed.

    Parameters
    ----------
    session
        Open session; committed.
    ways
        Of the deployment.
    circular_id, sha256
        Which draft, and which text of it.
    way
        One of the deployment's, or `BY_HAND`.
    by
        The person.
    signer
        Which GCN account signs by the API, as the person has read it; None: whichever does.

    Raises
    ------
    NotSendable
        If it is not approved as it stands, breaks a rule by now, is on its way already, is of a
        test, or another account would sign it.
    """
    row = lock(session, CircularDraft, circular_id)
    session.refresh(row, ["sendings"])
    event = session.get_one(Event, row.event_id, populate_existing=True)
    if reason := why_not(session, event, ways):
        raise NotSendable(reason)
    if way != BY_HAND and way not in ways.by_name:
        raise NotSendable(f"This deployment sends no circulars {way!r}.")
    if not row.is_approved or row.approved_sha256 != sha256:
        raise NotSendable("This text is not approved: read it, and approve it first.")
    if row.sending is not None:
        raise NotSendable(f"This circular is {row.state} already.")
    # What was right may be so no more: the event may have got another name since.
    if problems := check(row, row.subject, row.text).faults:
        raise NotSendable("; ".join(problems))
    is_by_hand = way == BY_HAND
    account = _account(session, ways, by, signer) if way == API else None
    sending = CircularSending(
        draft_id=row.id,
        version=row.version,
        sha256=sha256,
        subject=row.subject,
        body=row.body,
        way=way,
        signer="" if account is None else account.subject,
        state=DeliveryState.UNCONFIRMED if is_by_hand else DeliveryState.WAITING,
        reason=NOT_SEEN if is_by_hand else "",
        asked_by=by,
    )
    session.add(sending)
    try:
        session.flush()
    except IntegrityError as err:
        session.rollback()
        raise NotSendable("The very same text has been sent, or is on its way.") from err
    words = "a person sends it" if is_by_hand else ways.by_name[way].title
    words += "" if account is None else f", signed by {account.name}"
    _record(session, row, f"Circular (version {row.version}) goes out: {words}", by)
    if not is_by_hand:
        tasks.send_circular(sending_id=sending.id).defer(session)
    session.commit()
    session.refresh(row, ["sendings"])
    return sending


def _account(session: Session, ways: CircularWays, by: str, expected: str | None) -> Signer:
    """The GCN account that signs."""
    signer = signer_for(session, ways, by)
    if signer is None:
        raise NotSendable("No GCN account signs it: connect yours on the page Account.")
    if expected is not None and expected != signer.subject:
        raise NotSendable(f"{signer.name} would sign it by now: read the page again.")
    return signer


def send(session: Session, ways: CircularWays, sending_id: int) -> None:
    """Send one circular, unless it may have arrived; committed.

    Parameters
    ----------
    session
        Open session; committed.
    ways
        Of the deployment.
    sending_id
        One that waits; any other is left as it is.
    """
    send_at_most_once(
        session,
        CircularSending,
        sending_id,
        prepare=partial(_prepare, session, ways),
        settle=_settle,
        say=Answer,
        pauses=len(PAUSES),
    )


def _prepare(
    session: Session, ways: CircularWays, row: CircularSending
) -> Callable[[], Answer] | str:
    """How to send it, or why it is not to be sent."""
    draft = session.get_one(CircularDraft, row.draft_id, populate_existing=True)
    event = session.get_one(Event, draft.event_id, populate_existing=True)
    if reason := why_not(session, event, ways):
        return reason
    if draft.approved_sha256 != row.sha256:
        return "its text is not approved"
    way = ways.by_name.get(row.way)
    if way is None:
        return "no such way is configured"
    way = signed(session, ways, way, row)
    subject, body = row.subject, row.body

    def post() -> Answer:
        failpoints.hit("before_circular")
        # Here nothing is held: what follows may wait for GCN.
        answer = way.send(subject, body)
        failpoints.hit("after_circular")
        return answer

    return post


def settle_by_person(
    session: Session, circular_id: int, *, number: int | None, by: str
) -> CircularSending:
    """Let a person say what became of a circular that is waiting or unconfirmed; committed.

    Parameters
    ----------
    session
        Open session; committed.
    circular_id
        Which draft.
    number
        Of the circular that it has become; None: it has not gone out, and never will by this.
    by
        The person.

    Raises
    ------
    NotSendable
        If there is nothing to settle, or another circular of ours has that number.
    """
    draft = lock(session, CircularDraft, circular_id)
    session.refresh(draft, ["sendings"])
    row = draft.sending
    if row is not None:
        row = lock(session, CircularSending, row.id)
    if row is None or row.state not in (DeliveryState.WAITING, DeliveryState.UNCONFIRMED):
        raise NotSendable("There is nothing to settle: it is not known to be on its way.")
    row.state = DeliveryState.FAILED if number is None else DeliveryState.SENT
    row.number, row.reason = number, f"as {by} says"
    row.sent_at = None if number is None else now()
    try:
        session.flush()
    except IntegrityError as err:
        session.rollback()
        raise NotSendable(f"Circular {number} is another one of ours.") from err
    words = "has not gone out" if number is None else f"is GCN Circular {number}"
    _record(session, draft, f"Circular {words}", by)
    session.commit()
    session.refresh(draft, ["sendings"])
    return row


def _settle(session: Session, row: CircularSending, answer: Answer) -> None:
    row.state, row.reason = answer.state, answer.reason
    if answer.state == DeliveryState.WAITING:
        wait = timedelta(seconds=PAUSES[row.attempts - 1])
        tasks.send_circular(sending_id=row.id).defer(session, wait=wait)
        return
    if answer.state == DeliveryState.SENT:
        row.sent_at = row.sent_at or now()
        row.number = row.number or answer.number
    messages = {
        DeliveryState.SENT: "Circular sent"
        + (f": GCN Circular {row.number}" if row.number else ""),
        DeliveryState.UNCONFIRMED: "It is not known whether GCN has the circular",
        DeliveryState.FAILED: "The circular could not be sent",
    }
    because = f": {answer.reason}" if answer.reason else ""
    draft = session.get_one(CircularDraft, row.draft_id)
    _record(session, draft, messages[answer.state] + because)


def _record(session: Session, row: CircularDraft, words: str, by: str | None = None) -> None:
    actor = {} if by is None else {"actor": by}
    record(session, words, subject="circular", subject_id=row.id, event_id=row.event_id, **actor)

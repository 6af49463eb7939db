"""Take in a notice: keep its bytes, understand it, bring its event up to date.

Two transactions. The first keeps the bytes, unique by content, and nothing can undo it. The
second reads them, writes what was understood, and asks for the work that follows from it. A
crash between the two leaves a row in state `received`, which `workflows.reread` picks up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session, undefer

from too_marshal import failpoints, tasks
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft, is_about
from too_marshal.db.events import record, urgency
from too_marshal.db.locks import lock_all
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.db.stream_positions import move_positions
from too_marshal.notices.formats.notice_json import notice_to_json
from too_marshal.notices.notice import Notice, NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse
from too_marshal.workflows.events.associate import apply_notices
from too_marshal.workflows.events.duplicates import content_hash
from too_marshal.workflows.events.references import CIRCULARS

BATCH_SIZE = 50
"""Notices understood in one transaction."""

TRIES_TOGETHER = 2
"""After so many tries that ended with the process, notices are read one by one: far slower."""

MAX_ATTEMPTS = 3
"""After so many tries that ended with the process, a notice is quarantined unread."""


@dataclass(frozen=True)
class Message:
    """Bytes from a channel."""

    payload: bytes
    """The notice word for word."""

    channel: str
    """kafka, file, api, replay or person."""

    topic: str | None = None
    """Kafka topic, where there is one; it decides the mission."""

    cluster: str | None = None
    """Kafka cluster, for the stored offsets."""

    partition: int | None = None
    """Kafka partition."""

    offset: int | None = None
    """Kafka offset of this message."""

    @property
    def sha256(self) -> str:
        """Hash of the payload."""
        return hashlib.sha256(self.payload).hexdigest()


@dataclass(frozen=True)
class Received:
    """What became of a message."""

    notice_id: int
    """Row that keeps it."""

    is_new: bool
    """False for bytes that were already there."""

    state: NoticeState
    """How far it has come."""

    event_id: int | None
    """Its event, if it was understood and has one."""

    error: str
    """Why it was not understood; empty where it was."""


def ingest(session: Session, message: Message) -> Received:
    """Take in one message: keep, then understand. The door of files, the API and replays."""
    ((notice_id, is_new),) = keep(session, [message])
    process_notices(session, [notice_id])
    row = session.get_one(ReceivedNotice, notice_id, populate_existing=True)
    return Received(notice_id, is_new, NoticeState(row.state), row.event_id, row.error)


def keep(session: Session, messages: Sequence[Message]) -> list[tuple[int, bool]]:
    """Store raw bytes and the offsets behind them, in one transaction.

    Parameters
    ----------
    session
        Open session; committed.
    messages
        In the order of arrival.

    Returns
    -------
    list of (int, bool)
        For each message its row and whether the bytes are new.
    """
    distinct = {message.sha256: message for message in messages}
    rows = [
        {
            "sha256": sha256,
            "payload": message.payload,
            "channel": message.channel,
            "topic": message.topic,
            "received_at": now(),
        }
        for sha256, message in distinct.items()
    ]
    statement = insert(ReceivedNotice).on_conflict_do_nothing()
    added = session.execute(statement.returning(ReceivedNotice.sha256, ReceivedNotice.id), rows)
    new = dict(added.all())
    old = session.execute(
        select(ReceivedNotice.sha256, ReceivedNotice.id).where(
            ReceivedNotice.sha256.in_(distinct.keys() - new.keys())
        )
    )
    known = dict(old.all()) | new
    _move_positions(session, messages)
    failpoints.hit("before_keep_commit")
    session.commit()
    failpoints.hit("after_keep_commit")
    return [(known[message.sha256], message.sha256 in new) for message in messages]


def _move_positions(session: Session, messages: Sequence[Message]) -> None:
    by_cluster: dict[str, dict[tuple[str, int], int]] = {}
    for message in messages:
        if message.offset is not None:
            assert message.cluster is not None
            assert message.topic is not None
            assert message.partition is not None
            # The last of a partition moves it the farthest.
            place = message.topic, message.partition
            by_cluster.setdefault(message.cluster, {})[place] = message.offset + 1
    for cluster, offsets in by_cluster.items():
        move_positions(session, cluster, offsets)


def process_notices(session: Session, notice_ids: Sequence[int]) -> None:
    """Understand stored notices, unless somebody else has or does.

    Parameters
    ----------
    session
        Open session; committed.
    notice_ids
        Rows in state `received`; any other is left as it is.
    """
    tried = session.scalar(
        select(func.max(ReceivedNotice.attempts)).where(
            ReceivedNotice.id.in_(notice_ids), ReceivedNotice.state == NoticeState.RECEIVED
        )
    )
    # A process may die of anything once. After two deaths each notice is read by itself: only the
    # culprit may run out of attempts.
    if (tried or 0) < TRIES_TOGETHER:
        try:
            _process_together(session, notice_ids)
        except DataError:
            session.rollback()
        else:
            return
    for notice_id in notice_ids:
        try:
            _process_together(session, [notice_id])
        except DataError as err:
            session.rollback()
            row = session.get_one(ReceivedNotice, notice_id)
            _quarantine(session, row, f"it holds what cannot be stored: {err.orig}")
            session.commit()


def _process_together(session: Session, notice_ids: Sequence[int]) -> None:
    # Counted before reading, and outside: a notice that kills the process must not do so for ever.
    session.execute(
        update(ReceivedNotice)
        .where(ReceivedNotice.id.in_(notice_ids), ReceivedNotice.state == NoticeState.RECEIVED)
        .values(attempts=ReceivedNotice.attempts + 1)
    )
    session.commit()
    rows = lock_all(
        session,
        select(ReceivedNotice)
        .where(ReceivedNotice.id.in_(notice_ids), ReceivedNotice.state == NoticeState.RECEIVED)
        .options(undefer(ReceivedNotice.payload))
        .order_by(ReceivedNotice.id),
        ReceivedNotice,
        skip_locked=True,
    )
    read = [row for row in rows if _read(session, row)]
    for row in apply_notices(session, read) if read else ():
        if row.event is not None:
            # People before maps: to tell them takes milliseconds, and a map tenths of a second.
            priority = urgency(row.event) + 1
            lock = tasks.event_lock(row.event.id)
            tasks.notify(notice_id=row.id).defer(session, lock=lock, priority=priority)
    _look_for_ours(session, read)
    _stamp(session, rows)
    failpoints.hit("before_process_commit")
    session.commit()
    failpoints.hit("after_process_commit")


def _look_for_ours(session: Session, rows: Sequence[ReceivedNotice]) -> None:
    """Have circulars compared with what we have written on their events."""
    for row in rows:
        if row.stream != CIRCULARS:
            continue
        subject = str((row.document or {}).get("attributes", {}).get("subject", ""))
        query = select(CircularDraft.id).where(or_(*is_about(row.event_id, subject))).limit(1)
        if session.scalar(query) is not None:
            tasks.recognize_circular(notice_id=row.id).defer(session)


def _read(session: Session, row: ReceivedNotice) -> bool:
    """Parse the bytes of `row` and write what they say; False if they cannot be understood."""
    if row.attempts > MAX_ATTEMPTS:
        _quarantine(session, row, f"reading it ended the process {MAX_ATTEMPTS} times")
        return False
    try:
        notice = parse(row.payload, row.topic)
    except NoticeUnknown as err:
        row.state, row.error = NoticeState.UNKNOWN, str(err)
        record(
            session, f"Notice of a kind we do not read: {err}", subject="notice", subject_id=row.id
        )
        return False
    except NoticeMalformed as err:
        _quarantine(session, row, str(err))
        return False
    _describe(row, notice)
    return True


def _stamp(session: Session, rows: Sequence[ReceivedNotice]) -> None:
    """Note when they were understood: last, so that it is the time at which it can be seen."""
    if rows:
        session.execute(
            update(ReceivedNotice)
            .where(ReceivedNotice.id.in_([row.id for row in rows]))
            .values(understood_at=now())
            .execution_options(synchronize_session=False)
        )


def _describe(row: ReceivedNotice, notice: Notice) -> None:
    row.state, row.error = NoticeState.UNDERSTOOD, ""
    row.stream, row.kind = notice.stream, notice.kind.value
    row.order = list(notice.order)
    row.document = notice_to_json(notice)
    row.content_hash = content_hash(row.document)


def _quarantine(session: Session, row: ReceivedNotice, reason: str) -> None:
    row.state, row.error = NoticeState.QUARANTINED, reason
    record(session, f"Notice quarantined: {reason}", subject="notice", subject_id=row.id)
    if row.channel not in {"replay", "backfill"}:  # archives wake nobody
        tasks.tell_unread(notice_id=row.id).defer(session)

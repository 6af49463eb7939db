"""What could not be read does not stay for ever, and nothing else goes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_notice
from too_marshal.db.base import now
from too_marshal.db.counterparts.quarantine import QuarantinedPacket
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.events import Activity, Event
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.deployment.settings import Settings
from too_marshal.streams.kafka import Arrived
from too_marshal.workflows.counterparts.quarantine import (
    Unread,
    quarantine,
    quarantined_path,
)
from too_marshal.workflows.intake.prune import prune


def add(session: Session, state: NoticeState, days: float, event: Event | None = None) -> int:
    row = add_notice(session, event, state=state, received_at=now() - timedelta(days=days))
    return row.id


@pytest.mark.parametrize(("days", "is_removed"), [(90, True), (0, False), (365, False)])
def test_only_what_was_never_read_is_removed_after_its_time(
    session: Session, days: int, *, is_removed: bool
):
    old = add(session, NoticeState.QUARANTINED, 91)
    others = {
        add(session, NoticeState.QUARANTINED, 89),
        add(session, NoticeState.UNDERSTOOD, 4000, add_event(session)),
        add(session, NoticeState.UNKNOWN, 4000),
        add(session, NoticeState.RECEIVED, 4000),
    }
    assert prune(session, Settings(keep_quarantined=days)) == is_removed
    assert set(session.scalars(select(ReceivedNotice.id))) == (
        others if is_removed else others | {old}
    )
    lines = session.scalars(select(Activity.text).where(Activity.event_id.is_(None))).all()
    assert lines == (["1 quarantined notice of more than 90 days ago removed"] * is_removed)


def test_what_people_were_told_of_stays(session: Session):
    old = add(session, NoticeState.QUARANTINED, 500)
    event = add_event(session)
    session.add(
        Delivery(
            channel="oncall", event_id=event.id, notice_id=old, rule_name="", text="x",
            state=DeliveryState.SENT, attempts=1, reason="",
        )
    )  # fmt: skip
    session.commit()
    assert prune(session, Settings()) == 0
    assert session.get(ReceivedNotice, old) is not None


def test_packets_that_were_set_aside_go_with_their_bytes(session: Session, tmp_path: Path):
    messages = [Arrived("a", 0, position, b"broken") for position in range(2)]
    quarantine(session, tmp_path, "ztf", [Unread(message, "broken") for message in messages])
    old = select(QuarantinedPacket).where(QuarantinedPacket.position == 0)
    session.scalars(old).one().received_at = now() - timedelta(days=91)
    session.commit()
    prune(session, Settings(data_dir=tmp_path))
    assert session.scalars(select(QuarantinedPacket.position)).all() == [1]
    paths = [quarantined_path(tmp_path, "ztf", "a", 0, position) for position in range(2)]
    assert [path.exists() for path in paths] == [False, True]

"""What people decide of objects: nobody overwrites what they have not seen."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_localization, circle_map
from tests.too_marshal.workflows.counterparts.sky import DEC, RA, RADIUS, burst, seen
from too_marshal.db.base import session_factory
from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.db.events import Activity, Event
from too_marshal.workflows.counterparts.judge import JudgedMeanwhile, NoSuchObject, judge
from too_marshal.workflows.counterparts.live_maps import LiveMaps
from too_marshal.workflows.counterparts.objects import count_objects, objects_of
from too_marshal.workflows.counterparts.take import take

PENDING, REJECTED = CandidateStatus.PENDING, CandidateStatus.REJECTED


@pytest.fixture
def event(session: Session, tmp_path: Path) -> Event:
    """With three objects; the first was seen twice."""
    event = burst(session)
    packets = [
        seen(event, 0.1, object_id="A", real_bogus=0.4),
        seen(event, 0.3, object_id="A", magnitude=20.5, filter="r", real_bogus=0.2),
        seen(event, 0.2, object_id="B", ra=RA + 4.5),
        seen(event, 0.2, object_id="C"),
    ]
    take(session, packets, LiveMaps(), tmp_path)
    session.commit()
    return event


def decide(session: Session, event: Event, name: str, status: CandidateStatus, seen: int, **more):
    told = {"reason": "faint", "by": "ann", **more}
    return judge(session, event, "ZTF", name, status, seen=seen, **told)


def names(session: Session, event: Event) -> list[str]:
    return [each.object_id for each in objects_of(session, event)]


def test_objects_are_their_alerts_taken_together(session: Session, event: Event):
    assert count_objects(session, event) == 3
    first = objects_of(session, event)[0]
    assert (first.object_id, first.alerts, first.filter, first.magnitude) == ("A", 2, "r", 20.5)
    assert first.real_bogus == pytest.approx(0.4)
    assert first.first_seen_at < first.last_seen_at
    assert first.candidate is None
    assert len(objects_of(session, event, limit=2)) == 2
    assert [each.object_id for each in objects_of(session, event, offset=2)] == ["B"]


def test_what_waits_for_a_judgment_comes_first(session: Session, event: Event):
    decide(session, event, "A", REJECTED, 0)
    decide(session, event, "C", PENDING, 0)
    assert names(session, event) == ["B", "C", "A"]


def test_a_judgment_is_kept_with_who_and_why_and_changed_by_who_has_seen_it(
    session: Session, event: Event
):
    row = decide(session, event, "A", PENDING, 0)
    assert (row.status, row.reason, row.saved_by) == (PENDING, "faint", "ann")
    row = decide(session, event, "A", CandidateStatus.CONFIRMED, row.version, by="ben")
    assert (row.status, row.saved_by, row.changed_by) == ("confirmed", "ann", "ben")
    lines = session.scalars(select(Activity.text).where(Activity.subject == "candidate")).all()
    assert lines == ["A (ZTF) is pending: faint", "A (ZTF) is confirmed: faint"]


def test_nobody_overwrites_what_they_have_not_seen(session: Session, event: Event):
    row = decide(session, event, "A", PENDING, 0)
    for seen_version in (0, row.version + 1):
        with pytest.raises(JudgedMeanwhile, match="ann has said meanwhile that it is pending"):
            decide(session, event, "A", REJECTED, seen_version, by="ben")
        session.rollback()
    assert session.scalars(select(Candidate)).one().status == PENDING
    with pytest.raises(JudgedMeanwhile, match="is gone"):
        decide(session, event, "B", REJECTED, 1)


def test_of_many_at_the_same_moment_one_is_the_first(
    session: Session, event: Event, engine: Engine
):
    ready, told = threading.Barrier(4), []

    def press(number: int) -> None:
        with session_factory(engine)() as other:
            there = other.get_one(Event, event.id)
            ready.wait(30)
            try:
                decide(other, there, "A", list(CandidateStatus)[number], 0, by=f"p{number}")
            except JudgedMeanwhile as err:
                told.append(str(err))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(session.scalars(select(Candidate)).all()) == 1
    assert len(told) == 3


def test_a_new_map_and_a_retraction_forget_no_judgment(session: Session, event: Event):
    decide(session, event, "A", PENDING, 0)
    add_localization(session, event, circle_map(RA + 30, DEC, RADIUS))
    event.is_retracted = True
    session.commit()
    row = session.scalars(select(Candidate)).one()
    assert decide(session, event, "A", REJECTED, row.version).status == REJECTED


@pytest.mark.parametrize(
    ("name", "status", "reason", "words"),
    [
        ("Z", PENDING, "", "no alert of Z"),
        ("A", REJECTED, "  ", "say in a few words why"),
    ],
)
def test_what_cannot_be_judged_is_refused(  # noqa: PLR0917
    session: Session, event: Event, name: str, status: CandidateStatus, reason: str, words: str
):
    with pytest.raises(NoSuchObject, match=words):
        decide(session, event, name, status, 0, reason=reason)
    session.rollback()
    assert session.scalars(select(Candidate)).all() == []

"""Shifts are by the clocks of a place, change hands by agreement, and end with a note."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_person
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Shift
from too_marshal.db.base import now
from too_marshal.workflows.alarms.shifts import (
    ShiftInvalid,
    Weekly,
    add_shifts,
    answer_change,
    hand_over_draft,
    offer_change,
    on_call,
    open_changes,
    remove_shift,
    shifts_between,
    write_hand_over,
)


@pytest.fixture
def people(session: Session) -> list[Person]:
    return [add_person(session, name, Role.OBSERVER) for name in ("ann", "ben", "cid")]


def weekly(weeks: int = 1, **values: object) -> Weekly:
    usual = {
        "first_day": now().date(), "begins": time(0), "length": timedelta(days=1),
        "zone": ZoneInfo("UTC"), "weeks": weeks,
    }  # fmt: skip
    return Weekly(**{**usual, **values})  # type: ignore[arg-type]


def test_people_take_turns_week_by_week(session: Session, people: list[Person]):
    rows = add_shifts(session, weekly(4), primaries=people[:2], secondaries=[people[2]], by="root")
    assert [row.primary.username for row in rows] == ["ann", "ben", "ann", "ben"]
    shift = on_call(session, rows[1].starts_at)
    assert shift is not None
    assert (shift.primary.username, shift.secondary and shift.secondary.username) == ("ben", "cid")
    assert on_call(session, rows[1].ends_at) is None
    assert len(shifts_between(session, rows[0].starts_at, rows[2].starts_at)) == 2
    remove_shift(session, rows[0].id)
    assert on_call(session, rows[0].starts_at) is None


def test_shifts_keep_their_hour_when_clocks_are_changed():
    zone = ZoneInfo("Europe/Stockholm")
    spans = weekly(
        4, first_day=date(2026, 10, 14), begins=time(18), length=timedelta(hours=14), zone=zone
    ).spans()
    assert [start.astimezone(zone).hour for start, _ in spans] == [18] * 4
    assert [end.astimezone(zone).hour for _, end in spans] == [8] * 4
    assert spans[1][0].hour == 16
    assert spans[2][0].hour == 17


@given(
    st.sampled_from(["UTC", "America/Santiago", "Europe/Stockholm", "Australia/Lord_Howe"]),
    st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    st.integers(1, 30),
)
def test_weeks_of_shifts_follow_one_another_without_a_gap(zone: str, day: date, weeks: int):
    spans = weekly(
        weeks, first_day=day, begins=time(9), length=timedelta(weeks=1), zone=ZoneInfo(zone)
    ).spans()
    assert all(first[1] == second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"length": timedelta(0)}, "longer than nothing"),
        ({"length": timedelta(days=40)}, "31 days"),
        ({"weeks": 0}, "From 1 to"),
        ({"weeks": 2, "length": timedelta(days=8)}, "a week at the most"),
    ],
)
def test_what_is_no_shift_is_refused(
    session: Session, people: list[Person], values: dict[str, object], words: str
):
    with pytest.raises(ShiftInvalid, match=words):
        add_shifts(session, weekly(**values), primaries=people, secondaries=[], by="root")  # type: ignore[arg-type]


def test_two_shifts_at_once_and_one_person_in_both_places_are_refused(
    session: Session, people: list[Person]
):
    add_shifts(session, weekly(), primaries=people[:1], secondaries=[], by="root")
    with pytest.raises(ShiftInvalid, match="ann is on call from"):
        add_shifts(session, weekly(3), primaries=people[1:], secondaries=[], by="root")
    later = weekly(first_day=now().date() + timedelta(days=20))
    with pytest.raises(ShiftInvalid, match="first and second"):
        add_shifts(session, later, primaries=people[:1], secondaries=people[:1], by="root")
    with pytest.raises(ShiftInvalid, match="who is on call"):
        add_shifts(session, later, primaries=[], secondaries=[], by="root")
    assert len(shifts_between(session, now(), now() + timedelta(days=60))) == 1


@pytest.fixture
def shift(session: Session, people: list[Person]) -> Shift:
    return add_shifts(
        session, weekly(first_day=now().date() + timedelta(days=1)),
        primaries=people[:1], secondaries=[people[1]], by="root",
    )[0]  # fmt: skip


def test_a_shift_changes_hands_once_the_other_agrees(
    session: Session, people: list[Person], shift: Shift
):
    ann, ben, cid = people
    change = offer_change(session, shift.id, "primary", cid, by=ann)
    assert open_changes(session, cid) == [change]
    session.refresh(shift)
    assert shift.primary_id == ann.id
    answer_change(session, change.id, by=cid, agrees=True)
    session.refresh(shift)
    assert shift.primary_id == cid.id
    assert open_changes(session, cid) == []
    wanted = offer_change(session, shift.id, "secondary", ann, by=ann)
    answer_change(session, wanted.id, by=ben, agrees=True)
    session.refresh(shift)
    assert shift.secondary_id == ann.id


def test_who_asked_cannot_agree_and_may_take_it_back(
    session: Session, people: list[Person], shift: Shift
):
    ann, ben, cid = people
    change = offer_change(session, shift.id, "primary", cid, by=ann)
    for person, words in ((ann, "another's"), (ben, "another's")):
        with pytest.raises(ShiftInvalid, match=words):
            answer_change(session, change.id, by=person, agrees=True)
    with pytest.raises(ShiftInvalid, match="asked for that before"):
        offer_change(session, shift.id, "primary", cid, by=cid)
    answer_change(session, change.id, by=ann, agrees=False)
    with pytest.raises(ShiftInvalid, match="answered before"):
        answer_change(session, change.id, by=cid, agrees=True)
    session.refresh(shift)
    assert shift.primary_id == ann.id


def test_what_was_agreed_on_an_older_state_does_not_hold(
    session: Session, people: list[Person], shift: Shift
):
    ann, ben, cid = people
    change = offer_change(session, shift.id, "primary", cid, by=ann)
    shift.primary_id, shift.secondary_id = ben.id, None
    session.commit()
    with pytest.raises(ShiftInvalid, match="changed hands"):
        answer_change(session, change.id, by=cid, agrees=True)


def test_what_is_not_theirs_to_give_is_refused(
    session: Session, people: list[Person], shift: Shift
):
    ann, ben, cid = people
    for place, to, by, words in (
        ("primary", cid, ben, "Only who has"),
        ("primary", ben, ann, "has a place"),
        ("third", cid, ann, "Nobody has that place"),
    ):
        with pytest.raises(ShiftInvalid, match=words):
            offer_change(session, shift.id, place, to, by=by)
    shift.starts_at, shift.ends_at = now() - timedelta(days=2), now() - timedelta(days=1)
    session.commit()
    with pytest.raises(ShiftInvalid, match="is over"):
        offer_change(session, shift.id, "primary", cid, by=ann)


def test_a_note_is_drafted_from_the_events_of_the_shift(session: Session, people: list[Person]):
    start = datetime.now(UTC) - timedelta(hours=3)
    row = Shift(
        starts_at=start, ends_at=start + timedelta(hours=8), primary_id=people[0].id, made_by="x"
    )
    session.add(row)
    session.commit()
    assert hand_over_draft(session, row).endswith("No event came.")
    add_event(session, in_charge="ann")
    add_event(session, "S2", is_retracted=True)
    add_event(session, "MS3", is_test=True)
    draft = hand_over_draft(session, row)
    assert "S260101a: initial, ann is in charge\nS2: retracted" in draft
    assert "MS3" not in draft
    write_hand_over(session, row.id, f"{draft}\nclouds", by="ann")
    session.refresh(row)
    assert (row.note.endswith("clouds"), row.noted_by) == (True, "ann")

"""A neutrino has the name that people say, before anybody has said it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.events.test_associate import every_order, forget, take
from too_marshal.db.events import Event, EventName, find_by_name
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.events.day_names import letters_in_order
from too_marshal.workflows.events.spoken import basis_of_name, spoken_name

FIRST = messages.icecube(11, "2026-05-09T03:00:00Z")
SECOND = messages.icecube(12, "2026-05-09T23:59:59Z")
NEXT_DAY = messages.icecube(13, "2026-05-10T00:00:01Z")
CASCADE = messages.icecube(14, "2026-05-09T12:00:00Z", cascade=True)


def called(session: Session) -> dict[str, str]:
    """What each event is called, by its identifier."""
    session.expire_all()
    return {event.key[6:]: spoken_name(event) for event in session.scalars(select(Event))}


def address(event: int) -> str:
    return f"The first notice is https://gcn.gsfc.nasa.gov/notices_amon_g_b/141000_{event}.amon"


def test_tracks_and_cascades_are_counted_by_the_day(session: Session):
    outcomes = every_order(session, [FIRST, SECOND, NEXT_DAY, CASCADE])
    assert all(outcome == outcomes[0] for outcome in outcomes)
    take(session, SECOND, NEXT_DAY, CASCADE, FIRST)
    assert called(session) == {
        "11": "IceCube-260509A",
        "12": "IceCube-260509B",
        "13": "IceCube-260510A",
        "14": "IceCubeCascade-260509a",
    }


def test_one_that_comes_late_moves_the_letters(session: Session):
    take(session, SECOND)
    assert called(session) == {"12": "IceCube-260509A"}
    take(session, FIRST)
    assert called(session) == {"11": "IceCube-260509A", "12": "IceCube-260509B"}
    assert [event.key[6:] for event in find_by_name(session, "icecube 260509a")] == ["11"]
    event = session.scalars(select(Event).where(Event.key.endswith("12"))).one()
    assert "count" in basis_of_name(event)


def test_a_circular_that_states_run_and_event_corrects_the_name(session: Session):
    own = messages.circular(1, "IceCube-260509B: IceCube observation of a track", address(11))
    follow_up = messages.circular(2, "IceCube-260509B: nothing found by an Observatory")
    outcomes = every_order(session, [FIRST, own, follow_up])
    assert all(outcome == outcomes[0] for outcome in outcomes)
    take(session, FIRST, follow_up, own)
    assert called(session) == {"11": "IceCube-260509B"}, "we have missed the first of that day"
    owners = session.scalars(select(ReceivedNotice.event_id))
    assert len(set(owners)) == 1, "both circulars are attached to it"
    event = session.scalars(select(Event)).one()
    assert basis_of_name(event) == "named by a circular or a notice"
    names = session.scalars(select(EventName.name))
    assert "IceCube-260509A" not in set(names), "what we had counted is no name of it any more"


def test_a_notice_that_names_itself_is_believed_and_others_take_what_is_left(session: Session):
    named = json.dumps(json.loads(SECOND) | {"event_name": ["IceCube-260509A"]}).encode()
    outcomes = every_order(session, [FIRST, named])
    assert outcomes[0] == outcomes[1]
    take(session, FIRST, named)
    assert called(session) == {"11": "IceCube-260509B", "12": "IceCube-260509A"}


def test_what_is_a_test_has_no_letter(session: Session):
    trial = json.dumps(json.loads(FIRST) | {"alert_tense": "test"}).encode()
    take(session, trial, SECOND)
    assert called(session)["12"] == "IceCube-260509A"
    assert called(session)["11"] == "IceCube of 2026-05-09 03:00"


def test_a_corrected_time_moves_an_event_to_its_day(session: Session):
    take(session, FIRST, SECOND)
    later = json.loads(FIRST) | {
        "trigger_time": "2026-05-08T23:59:00Z", "alert_type": "update", "record_number": 1,
    }  # fmt: skip
    take(session, json.dumps(later).encode())
    assert called(session) == {"11": "IceCube-260508A", "12": "IceCube-260509A"}
    forget(session)


LETTERS = st.one_of(st.none(), st.from_regex(r"[a-z]{1,2}", fullmatch=True))


@given(st.lists(LETTERS, max_size=60))
def test_letters_are_given_once_and_what_is_stated_stays(stated: list[str | None]):
    named = letters_in_order(stated)
    assert all(own in (None, name) for own, name in zip(stated, named, strict=True))
    counted = [name for own, name in zip(stated, named, strict=True) if own is None]
    assert len(set(counted)) == len(counted)
    assert not set(counted) & {own for own in stated if own is not None}


@pytest.mark.parametrize(("number", "last"), [(1, "a"), (26, "z"), (27, "aa"), (703, "aaa")])
def test_a_day_has_as_many_letters_as_it_needs(number: int, last: str):
    assert letters_in_order([None] * number)[-1] == last

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal import alerts
from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.events.test_associate import event_of, take
from tests.too_marshal.workflows.events.test_day_names import FIRST, SECOND, called
from too_marshal.db.events import Activity, find_by_name
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.events.give_name import MAX_LENGTH, give_name
from too_marshal.workflows.events.spoken import spoken_name


def test_what_a_person_says_comes_first_and_can_be_taken_back(session: Session):
    take(session, alerts.gbm())
    event = event_of(session, "fermi_gbm")
    before = spoken_name(event)
    assert give_name(session, event.id, "  GRB  260509A ", by="ann") == "GRB 260509A"
    take(session, alerts.gbm(packet=111))
    event = event_of(session, "fermi_gbm")
    assert (spoken_name(event), event.given_by) == ("GRB 260509A", "ann"), "notices do not undo it"
    assert find_by_name(session, "grb260509a") == [event]
    assert give_name(session, event.id, "", by="ben") == before
    assert find_by_name(session, "grb260509a") == []
    said = session.scalars(select(Activity.text).where(Activity.actor.in_(["ann", "ben"])))
    assert list(said) == ["Named GRB 260509A", f"Called {before} again"]


def test_a_circular_that_waited_for_the_name_finds_the_event(session: Session):
    take(session, alerts.gbm(), messages.circular(2, "GRB 260509A: ZTF candidate afterglow"))
    waiting = session.scalars(select(ReceivedNotice).where(ReceivedNotice.event_id.is_(None))).one()
    event = event_of(session, "fermi_gbm")
    give_name(session, event.id, "GRB 260509A", by="ann")
    session.refresh(waiting)
    assert waiting.event_id == event.id
    lines = session.scalars(select(Activity.text).where(Activity.event_id == event.id))
    assert "GCN Circular notice received (information)" in set(lines)


def test_a_letter_that_a_person_states_is_taken(session: Session):
    take(session, FIRST, SECOND)
    second = find_by_name(session, "IceCube-260509B")[0]
    give_name(session, second.id, "IceCube-260509A", by="ann")
    assert called(session) == {"11": "IceCube-260509B", "12": "IceCube-260509A"}


@pytest.mark.parametrize(
    ("text", "words"),
    [("x" * (MAX_LENGTH + 1), "too long"), ("GRB été", "plain ASCII"), ("--", "letters or digits")],
)
def test_what_is_no_name_is_refused_and_changes_nothing(session: Session, text: str, words: str):
    take(session, alerts.gbm())
    event = event_of(session, "fermi_gbm")
    with pytest.raises(ValueError, match=words):
        give_name(session, event.id, text, by="ann")
    session.refresh(event)
    assert event.given_name is None

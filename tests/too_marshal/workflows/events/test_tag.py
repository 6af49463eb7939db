import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.db.observing.plans import PlanRule
from too_marshal.workflows.events.tag import (
    MAX_LENGTH,
    MAX_TAGS,
    known_tags,
    tag,
    tag_by_rule,
    tag_name,
    untag,
)


@given(st.text())
def test_a_tag_is_short_without_spaces_and_stays_itself(text: str):
    try:
        name = tag_name(text)
    except ValueError:
        return
    assert 0 < len(name) <= MAX_LENGTH
    assert not any(letter.isspace() for letter in name)
    assert tag_name(name) == name


def test_one_tag_in_any_spelling_is_one(session: Session):
    event, other = add_event(session), add_event(session, "S260101b")
    assert tag(session, event.id, "Golden event", by="ann") == "golden-event"
    assert tag(session, event.id, " golden_EVENT ", by="ben") == "golden-event"
    tag(session, other.id, "drill", by="ann")
    session.refresh(event)
    assert [(row.name, row.made_by) for row in event.tags] == [("golden-event", "ann")]
    assert known_tags(session) == ["drill", "golden-event"]
    untag(session, event.id, "Golden Event", by="ben")
    untag(session, event.id, "never there", by="ben")
    session.refresh(event)
    assert event.tags == []


def test_an_event_has_no_more_tags_than_tell_it_apart(session: Session):
    event = add_event(session)
    for number in range(MAX_TAGS):
        tag(session, event.id, f"t{number}", by="ann")
    tag(session, event.id, "t0", by="ann")
    with pytest.raises(ValueError, match="at the most"):
        tag(session, event.id, "another", by="ann")


def test_a_rule_gives_its_tags_as_far_as_there_is_room(session: Session):
    event = add_event(session)
    for number in range(MAX_TAGS - 2):
        tag(session, event.id, f"t{number}", by="ann")
    rule = PlanRule(name="near", tags=["t0", "golden", "near", "late"])
    tag_by_rule(session, event.id, rule)
    tag_by_rule(session, event.id, rule)
    session.commit()
    session.refresh(event)
    given = [row.name for row in event.tags if row.made_by == "rule near"]
    assert given == ["golden", "near"]

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_person, add_plan
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Activity
from too_marshal.workflows.incident.notes import (
    MAX_LENGTH,
    MENTION,
    NoteRefused,
    change_note,
    mentions_of,
    notes_of,
    remove_note,
    write_note,
)


def test_notes_stand_on_the_event_and_the_plan_and_do_not_undo_an_acknowledgment(session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    before = event.changed_at
    first = write_note(session, event.id, " Clouds at Palomar. ", by="ann")
    second = write_note(session, event.id, "Too long", by="ben", plan_id=plan.id)
    assert notes_of(session, event.id) == [second, first]
    assert notes_of(session, event.id, plan.id) == [second]
    assert first.text == "Clouds at Palomar."
    session.refresh(event)
    assert event.changed_at == before
    lines = session.scalars(select(Activity.text).where(Activity.subject == "note"))
    assert list(lines) == ["Note: Clouds at Palomar.", f"Note on plan {plan.id}: Too long"]


def test_a_note_calls_people_of_ours(session: Session):
    for name in ("anna", "ben.b"):
        add_person(session, name, Role.VIEWER)
    event = add_event(session)
    note = write_note(session, event.id, "@anna, ask @ben.b. Not a@anna.org, @nobody", by="cid")
    assert note.mentions == ["anna", "ben.b"]
    assert mentions_of(session, "ben.b") == [note]
    change_note(session, note.id, "nobody", by="cid")
    assert mentions_of(session, "anna") == []


def test_only_ones_own_note_is_changed_and_removed(session: Session):
    event = add_event(session)
    note = write_note(session, event.id, "mine", by="ann")
    with pytest.raises(NoteRefused, match="ann's"):
        change_note(session, note.id, "yours", by="ben")
    with pytest.raises(NoteRefused, match="ann's"):
        remove_note(session, note.id, by="ben")
    assert change_note(session, note.id, "still mine", by="ann").changed_at is not None
    remove_note(session, note.id, by="root", is_admin=True)
    assert notes_of(session, event.id) == []
    with pytest.raises(NoteRefused, match="removed"):
        change_note(session, note.id, "again", by="ann")


@pytest.mark.parametrize(("text", "words"), [("  ", "nothing"), ("x" * (MAX_LENGTH + 1), "4000")])
def test_what_is_no_note_is_refused(session: Session, text: str, words: str):
    event = add_event(session)
    with pytest.raises(NoteRefused, match=words):
        write_note(session, event.id, text, by="ann")


def test_a_plan_of_another_event_is_refused(session: Session):
    event, other = add_event(session), add_event(session, "S260101b")
    add_localization(session, other)
    with pytest.raises(NoteRefused, match="another event"):
        write_note(session, event.id, "x", by="ann", plan_id=add_plan(session, other).id)


@given(st.text(max_size=200))
def test_what_is_called_stands_in_the_text(text: str):
    for name in MENTION.findall(text):
        assert f"@{name}" in text
        assert name

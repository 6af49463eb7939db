"""Every version is kept, values stay bound, and nobody overwrites what they have not read."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.workflows.circulars.conftest import observe
from too_marshal.db.base import session_factory
from too_marshal.db.circulars import BY_HAND, CircularDraft, CircularState
from too_marshal.db.events import Activity
from too_marshal.deployment.circulars.ways import CircularWays
from too_marshal.workflows.circulars.approve import NotApprovable, approve
from too_marshal.workflows.circulars.edit import (
    MAX_TEXT,
    NotEditable,
    TextInvalid,
    bring_up_to_date,
    change,
    check,
    compared,
    last_sent,
    outdated,
    versions_of,
)
from too_marshal.workflows.circulars.send import ask_to_send


def edited(session: Session, row: CircularDraft, old: str, new: str, by: str = "bob"):
    assert old in row.text
    return change(
        session, row.id, version=row.version, subject=row.subject,
        text=row.text.replace(old, new), by=by,
    )  # fmt: skip


def test_every_version_is_kept(session, drafted):
    row = drafted()
    before = row.body
    edited(session, row, "We obtained", "In fair weather we obtained")
    assert (row.version, row.changed_by) == (2, "bob")
    second, first = versions_of(session, row.id)
    assert first.body == before
    assert "In fair weather" in " ".join(second.body.split())
    lines = compared((first.subject, first.body), (second.subject, second.body))
    assert ("+", next(line for line in second.body.splitlines() if "fair" in line)) in lines
    edited(session, row, "We observed", "We observed")
    assert row.version == 2  # nothing was changed


def test_an_edit_over_an_unread_version_is_refused(session, drafted):
    row = drafted()
    edited(session, row, "We observed", "We have observed")
    with pytest.raises(NotEditable, match="bob has changed this text"):
        change(session, row.id, version=1, subject=row.subject, text="We.", by="carl")


@pytest.mark.parametrize("text", ["x" * (MAX_TEXT + 1), "a\0b"])
def test_what_cannot_be_a_text_is_refused(session, drafted, text: str):
    row = drafted()
    with pytest.raises(TextInvalid):
        change(session, row.id, version=1, subject=row.subject, text=text, by="ann")


def test_a_bound_number_that_is_changed_by_hand_is_told(session, drafted):
    row = drafted()
    checked = check(row, row.subject, row.text)
    assert (checked.by_hand, checked.loose, checked.faults) == ([], [], [])
    edited(session, row, "{ZTF.images=7 images}", "{ZTF.images=70 images}")
    (difference,) = check(row, row.subject, row.text).by_hand
    assert (difference.name, difference.should) == ("ZTF.images", "7 images")
    edited(session, row, "{ZTF.images=70 images}", "70 images")
    assert check(row, row.subject, row.text).loose == ["70 images"]


def test_more_exposures_are_told_and_brought_in(session, event, drafted):
    row = drafted()
    assert outdated(session, row) == ([], "")
    observe(session, event, 5)
    found = {each.name: (each.said, each.says) for each in outdated(session, row)[0]}
    assert found["ZTF.images"] == ("7 images", "12 images")
    bring_up_to_date(session, row.id, version=1, by="bob")
    assert "We obtained 12 images" in " ".join(row.body.split())
    assert outdated(session, row) == ([], "")
    with pytest.raises(NotEditable):
        bring_up_to_date(session, row.id, version=1, by="bob")


def test_an_edit_after_the_approval_voids_it(session, drafted):
    row = drafted(is_approved=True)
    assert row.state is CircularState.APPROVED
    edited(session, row, "We observed", "We have observed")
    assert row.state is CircularState.DRAFT
    assert (row.approved_by, row.approved_at, row.approved_sha256) == (None, None, None)
    texts = session.scalars(select(Activity.text).where(Activity.subject == "circular")).all()
    assert "Circular changed (version 2); the approval of bob is void" in texts


def test_only_the_text_that_was_read_is_approved(session, drafted):
    row = drafted()
    read = row.sha256
    edited(session, row, "We observed", "We have observed", by="carl")
    with pytest.raises(NotApprovable, match="carl has changed this text"):
        approve(session, row.id, sha256=read, by="bob")
    approve(session, row.id, sha256=row.sha256, by="bob")
    first = row.approved_at
    approve(session, row.id, sha256=row.sha256, by="eve")
    assert (row.approved_by, row.approved_at) == ("bob", first)


def test_a_text_that_breaks_a_rule_is_not_approved(session, drafted):
    row = drafted()
    edited(session, row, "{ZTF.images=7 images}", "1 images")
    with pytest.raises(NotApprovable, match="'1 images'"):
        approve(session, row.id, sha256=row.sha256, by="bob")
    change(session, row.id, version=2, subject="Our paper", text="We saw it.", by="ann")
    with pytest.raises(NotApprovable, match="does not name the event"):
        approve(session, row.id, sha256=row.sha256, by="bob")


def test_of_an_edit_and_an_approval_at_once_the_approval_never_covers_the_edit(
    session, engine, drafted
):
    row = drafted()
    read, subject, text = row.sha256, row.subject, row.text
    session.commit()
    gate = threading.Barrier(2)

    def approves() -> None:
        with session_factory(engine)() as other:
            gate.wait()
            try:
                approve(other, row.id, sha256=read, by="bob")
            except NotApprovable:
                other.rollback()

    thread = threading.Thread(target=approves)
    thread.start()
    with session_factory(engine)() as other:
        gate.wait()
        change(other, row.id, version=1, subject=subject, text=text + " More.", by="carl")
    thread.join()
    session.refresh(row)
    assert row.version == 2
    assert not row.is_approved
    assert row.approved_by is None


def test_what_has_gone_out_stays_as_it_is_and_the_next_is_held_against_it(session, drafted):
    row = drafted(is_approved=True)
    ask_to_send(session, CircularWays({}), row.id, way=BY_HAND, sha256=row.sha256, by="bob")
    with pytest.raises(NotEditable, match="This text is unconfirmed"):
        edited(session, row, "We observed", "We have observed")
    with pytest.raises(NotApprovable, match="unconfirmed already"):
        approve(session, row.id, sha256=row.sha256, by="bob")
    assert last_sent(session, row) is None
    assert last_sent(session, drafted()).id == row.id

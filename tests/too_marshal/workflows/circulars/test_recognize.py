"""Our circular is known when it comes back, whoever has sent it and whatever was polished."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.workflows.circulars.conftest import receive
from too_marshal.db.circulars import BY_HAND, SEEN, CircularSending, CircularState
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Activity, EventName
from too_marshal.deployment.circulars.ways import CircularWays
from too_marshal.workflows.circulars.recognize import like, recognize_circular
from too_marshal.workflows.circulars.send import ask_to_send
from too_marshal.workflows.intake.ingest import Message, ingest

WAYS = CircularWays({})


def by_hand(session: Session, row) -> None:
    ask_to_send(session, WAYS, row.id, way=BY_HAND, sha256=row.sha256, by="bob")


@pytest.mark.parametrize(
    "polish",
    [
        lambda body: body,
        lambda body: body.replace("\n", "\r\n") + "\n\n",
        lambda body: " ".join(body.split()),
        lambda body: body.replace("We observed", "We have observed"),
    ],
    ids=["as it was", "other ends of lines", "filled", "corrected"],
)
def test_an_unconfirmed_circular_becomes_a_sent_one(session, event, drafted, polish):
    row = drafted(is_approved=True)
    by_hand(session, row)
    notice = receive(session, event, 45678, row.subject, polish(row.body))
    for _ in range(2):
        recognize_circular(session, notice.id)
    session.refresh(row)
    assert row.state is CircularState.SENT
    assert (row.sending.number, row.sending.notice_id) == (45678, notice.id)
    texts = session.scalars(select(Activity.text).where(Activity.subject == "circular")).all()
    assert texts.count("Our circular has come out: GCN Circular 45678") == 1


def test_one_that_was_sent_from_elsewhere_is_linked_too(session, event, drafted):
    row = drafted()
    notice = receive(session, event, 45678, row.subject, row.body)
    recognize_circular(session, notice.id)
    session.refresh(row)
    assert (row.state, row.sending.way, row.sending.number) == (CircularState.SENT, SEEN, 45678)


def test_of_several_drafts_the_likest_is_the_one(session, event, drafted):
    drafted(remarks="It rained.")
    row = drafted(is_approved=True)
    by_hand(session, row)
    recognize_circular(session, receive(session, event, 45678, row.subject, row.body).id)
    assert session.scalars(select(CircularSending)).one().draft_id == row.id


def test_a_circular_of_others_is_left_alone(session, event, drafted):
    row = drafted(is_approved=True)
    by_hand(session, row)
    for number, subject, body in (
        (45678, row.subject, "Others have observed something else, with another telescope."),
        (45679, "LIGO/Virgo/KAGRA S261122ab: a merger", row.body[:400]),
    ):
        recognize_circular(session, receive(session, event, number, subject, body).id)
    session.refresh(row)
    assert row.state is CircularState.UNCONFIRMED


def test_a_number_that_gcn_told_is_linked_by_it(session, event, drafted):
    row = drafted(is_approved=True)
    by_hand(session, row)
    row.sending.state, row.sending.number = DeliveryState.SENT, 45678
    session.commit()
    notice = receive(session, event, 45678, "GRB 261122A: corrected by a moderator", "Other words.")
    recognize_circular(session, notice.id)
    session.refresh(row)
    assert (row.sending.number, row.sending.notice_id) == (45678, notice.id)


def test_two_circulars_are_never_one(session, event, drafted):
    row = drafted(is_approved=True)
    by_hand(session, row)
    for number in (45678, 45679):
        recognize_circular(session, receive(session, event, number, row.subject, row.body).id)
    assert session.scalars(select(CircularSending.number)).all() == [45678]


def test_how_much_alike_is_said_from_nothing_to_one():
    ours = ("GRB 1: a", "one two three four five six seven eight nine ten eleven")
    assert like(ours, ("grb 1:  A", ours[1])) == 1.0
    assert like(ours, ("GRB 1: b", ours[1])) == 1.0
    assert like(ours, ("GRB 1: a", "something else")) == 0.0
    assert like(ours, ("GRB 1: b", ours[1].replace("two", "2"))) == 0.0


def jobs(session: Session) -> int:
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'recognize_circular'"
    return int(session.execute(text(query)).scalar_one())


def test_intake_asks_only_where_we_have_written_something(session, event, drafted):
    name = EventName(event_id=event.id, name="S261122ab", normalized_name="s261122ab")
    session.add(name)
    session.commit()

    def comes(number: int, subject: str) -> None:
        document = {
            "circularId": number, "subject": subject, "submitter": "A at B <a@b.example>",
            "body": "Text.", "createdOn": 1718212589034,
        }  # fmt: skip
        ingest(session, Message(json.dumps(document).encode(), "kafka", "gcn.circulars"))

    comes(45000, "LIGO/Virgo/KAGRA S261122ab: before anything of ours")
    assert jobs(session) == 0
    drafted()
    add_event(session, "S261123c")
    comes(45001, "LIGO/Virgo/KAGRA S261123c: another event")
    assert jobs(session) == 0
    comes(45002, "LIGO/Virgo/KAGRA S261122ab: an event of ours")
    assert jobs(session) == 1
    session.delete(name)
    session.commit()
    comes(45003, drafted().subject)  # though it is known to be about no event
    assert jobs(session) == 2

"""The pages of a circular: asked for, edited, approved, sent, and never one of a test."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_circular,
    add_event,
    add_exposures,
    add_localization,
    add_person,
    add_plan,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.workflows.circulars.conftest import receive
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now
from too_marshal.db.circulars import BY_HAND, CircularDraft, CircularSending
from too_marshal.db.events import Event
from too_marshal.db.localizations import Drawing
from too_marshal.deployment.circulars.mail import Email
from too_marshal.deployment.circulars.ways import CircularWays
from too_marshal.workflows.circulars.approve import approve
from too_marshal.workflows.circulars.draft import draft as write_draft
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.circulars.send import ask_to_send
from too_marshal.workflows.exposures.cover import cover


def test_a_draft_is_written_from_what_was_executed(approver: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    add_exposures(session, add_submission(session, add_plan(session, event)), 7)
    cover(session, event.id, "ZTF")
    assert "Draft a circular" in page(approver, f"/events/{event.id}")
    answer = approver.post(f"/events/{event.id}/circulars", data={"telescope": "ZTF"})
    stored = session.scalars(select(CircularDraft)).one()
    assert (answer.status_code, answer.location) == (303, f"/circulars/{stored.id}")
    text = page(approver, answer.location)
    assert stored.subject in text
    assert "7 images" in text
    assert "Nothing is sent before somebody approves it" in text
    assert stored.facts["telescopes"][0]["images"] == 7
    written = text[text.index("Written from") :]
    assert f'href="/events/{event.id}/exposures"' in written
    assert "executed exposures of ZTF" in written
    assert written.index("<code>authors</code>") < written.index("<code>ZTF.images</code>")
    area = stored.facts["telescopes"][0]["coverage"]["area"]
    assert f"{area:.1f} square degrees" in written
    assert "The figure is being drawn" in text
    map_id = stored.facts["localization_id"]
    session.add(Drawing(localization_id=map_id, all_sky=b"", zoom=b"", drawn_at=now()))
    session.commit()
    text = page(approver, answer.location)
    assert f'src="/localizations/{map_id}/zoom.png"' in text


def test_nothing_executed_is_said_in_words(approver: FlaskClient, session: Session):
    event = add_event(session)
    answer = approver.post(f"/events/{event.id}/circulars", data={"telescope": "ZTF"})
    assert answer.status_code == 409
    assert "has executed nothing" in answer.get_data(as_text=True)


def test_an_unknown_telescope_is_refused(approver: FlaskClient, session: Session):
    event = add_event(session)
    answer = approver.post(f"/events/{event.id}/circulars", data={"telescope": "Hubble"})
    assert answer.status_code == 422


def test_the_download_is_subject_and_body(viewer: FlaskClient, session: Session):
    draft = add_circular(session, add_event(session))
    answer = viewer.get(f"/circulars/{draft.id}.txt")
    assert answer.mimetype == "text/plain"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.get_data(as_text=True) == f"{draft.subject}\n\n{draft.body}"


@pytest.fixture
def observed(session: Session) -> Event:
    event = add_event(session, "S261122ab")
    add_localization(session, event)
    add_exposures(session, add_submission(session, add_plan(session, event)), 7)
    cover(session, event.id, "ZTF")
    return event


@pytest.fixture
def drafted(session: Session, observed: Event) -> CircularDraft:
    return write_draft(session, observed.id, CircularRequest(telescopes=["ZTF"]), author="ann")


def seen(draft: CircularDraft, **more: str) -> dict[str, str]:
    return {"sha256": draft.sha256, "version": str(draft.version), **more}


def test_the_form_offers_the_roster_and_the_telescopes(
    approver: FlaskClient, session: Session, observed: Event
):
    add_person(session, "ann", Role.OBSERVER, full_name="Ann A", affiliation="Caltech")
    text = page(approver, f"/events/{observed.id}/circulars/new")
    assert 'name="place-ann"' in text
    assert 'value="ZTF" checked' in text
    values = {"telescope": "ZTF", "place-ann": "1", "kind": "nondetection", "remarks": "It rained."}
    answer = approver.post(f"/events/{observed.id}/circulars", data=values)
    stored = session.scalars(select(CircularDraft)).one()
    assert answer.location == f"/circulars/{stored.id}"
    assert stored.body.startswith("Ann A (Caltech) reports:")
    assert stored.kind == "nondetection"
    assert "It rained." in stored.body


def test_the_lint_answers_while_one_types(approver: FlaskClient, drafted: CircularDraft):
    assert "{ZTF.images=7 images}" in page(approver, f"/circulars/{drafted.id}/edit")
    address = f"/circulars/{drafted.id}/lint"
    good = approver.post(address, data={"subject": drafted.subject, "text": drafted.text})
    assert "GCN would take it" in good.get_data(as_text=True)
    text = drafted.text.replace("{ZTF.images=7 images}", "{ZTF.images=1 images}") + " 40 hours"
    answer = approver.post(address, data={"subject": "Re: S261122ab", "text": text})
    said = answer.get_data(as_text=True)
    for words in (
        "It cannot be approved like this",
        "The subject contains &#39;re: &#39;",
        "does not name the event, LIGO/Virgo/KAGRA S261122ab",
        "The body has a singular where a plural stands",
        "by the data it is “<bdi>7 images</bdi>”",
        "“<bdi>40 hours</bdi>” is bound to no data",
    ):
        assert words in said


def test_a_text_is_edited_approved_and_sent_by_hand(
    approver: FlaskClient, session: Session, drafted: CircularDraft
):
    address = f"/circulars/{drafted.id}"
    assert "circulars/new?subject" not in page(approver, address)  # no form without approval
    values = {
        "version": "1", "subject": drafted.subject,
        "text": drafted.text.replace("We obtained", "We then obtained"),
    }  # fmt: skip
    assert approver.post(address, data=values).status_code == 303
    assert approver.post(address, data=values).status_code == 409
    session.refresh(drafted)
    assert (drafted.version, drafted.changed_by) == (2, "approver")
    text = page(approver, address)
    assert "What the last change did" in text
    assert approver.post(f"{address}/send", data=seen(drafted, way="by hand")).status_code == 409
    assert approver.post(f"{address}/approve", data={"sha256": "x"}).status_code == 409
    assert approver.post(f"{address}/approve", data=seen(drafted)).status_code == 303
    text = page(approver, address)
    assert "Approved by <bdi>approver</bdi>" in text
    assert 'href="https://gcn.nasa.gov/circulars/new?subject=LIGO%2FVirgo%2FKAGRA' in text
    assert approver.post(f"{address}/send", data=seen(drafted, way="by hand")).status_code == 303
    text = page(approver, address)
    assert "it has not been seen among the circulars yet" in text
    assert "Edit</a>" not in text
    assert approver.post(f"{address}/settle", data={"number": "x"}).status_code == 422
    assert approver.post(f"{address}/settle", data={"number": "45123"}).status_code == 303
    assert "GCN Circular 45123" in page(approver, address)
    receive(session, drafted.event, 45123, drafted.subject, drafted.body)
    on_event = page(approver, f"/events/{drafted.event_id}")
    assert 'href="https://gcn.nasa.gov/circulars/45123"' in on_event
    assert ">ours<" in on_event.replace("<bdi>", ">").replace("</bdi>", "<")


def test_no_page_leads_a_test_out_of_the_house(
    approver: FlaskClient, session: Session, drafted: CircularDraft
):
    drafted.event.is_test = True
    session.commit()
    address = f"/circulars/{drafted.id}"
    approver.post(f"{address}/approve", data=seen(drafted))
    text = page(approver, address)
    assert "Approved by" in text
    assert "This is a test event: no circular is sent on it." in text
    assert "gcn.nasa.gov/circulars/new" not in text
    assert "I send it by hand" not in text
    assert approver.post(f"{address}/send", data=seen(drafted, way="by hand")).status_code == 409
    assert session.scalars(select(CircularSending)).all() == []


def test_what_the_data_say_by_now_is_told_and_brought_in(
    approver: FlaskClient, session: Session, observed: Event, drafted: CircularDraft
):
    add_exposures(session, add_submission(session, add_plan(session, observed)), 5)
    cover(session, observed.id, "ZTF")
    address = f"/circulars/{drafted.id}"
    text = page(approver, address)
    assert "The data say something else by now" in text
    assert "“<bdi>7 images</bdi>” is now “<bdi>12 images</bdi>”" in text
    assert approver.post(f"{address}/refresh", data=seen(drafted)).status_code == 303
    assert "12 images" in page(approver, address)
    assert approver.post(f"{address}/refresh", data={"version": "two"}).status_code == 422


def test_a_circular_that_waits_is_looked_at_again(
    approver: FlaskClient, session: Session, drafted: CircularDraft
):
    polls = 'hx-select="#circular-state"'
    assert polls not in page(approver, f"/circulars/{drafted.id}")
    approve(session, drafted.id, sha256=drafted.sha256, by="bob")
    ways = CircularWays({"email": Email("smtp://127.0.0.1:9", "a@b.example", "c@d.example")})
    ask_to_send(session, ways, drafted.id, way="email", sha256=drafted.sha256, by="bob")
    assert polls in page(approver, f"/circulars/{drafted.id}")


def test_the_next_circular_is_shown_against_the_last(
    approver: FlaskClient, session: Session, observed: Event, drafted: CircularDraft
):
    approve(session, drafted.id, sha256=drafted.sha256, by="bob")
    ask_to_send(session, CircularWays({}), drafted.id, way=BY_HAND, sha256=drafted.sha256, by="bob")
    asked = CircularRequest(telescopes=["ZTF"], remarks="It rained.")
    other = write_draft(session, observed.id, asked, author="ann")
    text = page(approver, f"/circulars/{other.id}")
    assert "Against our last circular" in text
    assert "+ It rained." in text


def test_a_draft_of_an_earlier_version_is_shown(viewer: FlaskClient, session: Session):
    row = add_circular(session, add_event(session))
    row.values, row.request, row.text = {}, {}, row.body
    session.commit()
    text = page(viewer, f"/circulars/{row.id}")
    assert "its values are bound to nothing" in text
    assert "Approve" not in text

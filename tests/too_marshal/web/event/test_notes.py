from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_plan
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.notes import Note
from too_marshal.web.event.notes import readable


def test_notes_are_written_on_events_and_plans(
    observer: FlaskClient, viewer: FlaskClient, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    assert "No notes yet." in page(viewer, f"/events/{event.id}")
    observer.post(f"/events/{event.id}/notes", data={"text": "Clouds <b>tonight</b>"})
    observer.post(f"/events/{event.id}/notes", data={"text": "Fine plan", "plan_id": plan.id})
    text = page(viewer, f"/events/{event.id}")
    assert "Clouds &lt;b&gt;tonight&lt;/b&gt;" in text
    assert f'on <a href="/plans/{plan.id}">' in text
    of_plan = page(viewer, f"/plans/{plan.id}")
    assert "Fine plan" in of_plan
    assert "Clouds" not in of_plan
    answer = observer.post(f"/events/{event.id}/notes", data={"text": " "})
    assert answer.status_code == 422
    assert "nothing in the note" in answer.get_data(as_text=True)


def test_a_note_is_changed_and_removed_by_its_author(
    observer: FlaskClient, admin: FlaskClient, session: Session
):
    event = add_event(session)
    observer.post(f"/events/{event.id}/notes", data={"text": "first"})
    note = session.scalars(select(Note)).one()
    assert admin.post(f"/notes/{note.id}", data={"text": "x"}).status_code == 422
    assert observer.post(f"/notes/{note.id}", data={"text": "second"}).status_code == 303
    assert "second" in page(observer, f"/events/{event.id}")
    assert observer.post(f"/notes/{note.id}/remove").status_code == 303
    assert "No notes yet." in page(observer, f"/events/{event.id}")


def test_who_is_called_sees_it_on_their_account(
    admin: FlaskClient, observer: FlaskClient, session: Session
):
    event = add_event(session)
    admin.post(f"/events/{event.id}/notes", data={"text": "@observer please look"})
    assert "<strong>@observer</strong> please" in page(admin, f"/events/{event.id}")
    account = page(observer, "/account")
    assert "Notes that call you" in account
    assert "please look" in account


def test_somebody_is_put_in_charge(observer: FlaskClient, session: Session):
    event = add_event(session)
    assert "nobody is in charge" in page(observer, f"/events/{event.id}")
    address = f"/events/{event.id}/charge"
    observer.post(address, data={"username": "observer", "instead_of": ""})
    assert "in charge: <bdi>observer</bdi>" in page(observer, f"/events/{event.id}")
    answer = observer.post(address, data={"username": "observer", "instead_of": ""})
    assert answer.status_code == 409
    assert "is in charge by now" in answer.get_data(as_text=True)


def test_addresses_become_links_and_nothing_else_does():
    note = Note(text="see https://example.org/a?b=1. and <https://x.org/y>\n@ann", mentions=[])
    assert readable(note) == (
        'see <a href="https://example.org/a?b=1" rel="noopener noreferrer external">'
        "https://example.org/a?b=1</a>. and &lt;"
        '<a href="https://x.org/y" rel="noopener noreferrer external">https://x.org/y</a>&gt;\n@ann'
    )

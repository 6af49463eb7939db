from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.db.accounts.audit import AuditEntry


def test_what_a_program_changes_is_kept_as_such(program: FlaskClient, session: Session):
    event = add_event(session)
    program.put(f"/api/v1/events/{event.id}/tags/golden")
    program.get(f"/api/v1/events/{event.id}")
    row = session.scalars(select(AuditEntry)).one()
    assert (row.way, row.action, row.event_id) == ("token", "api.put_tag", event.id)

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_person
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Activity, Event
from too_marshal.workflows.incident.charge import ChargeRefused, may_be_in_charge, put_in_charge


@pytest.fixture
def event(session: Session) -> Event:
    for name, role in (("ann", Role.OBSERVER), ("ben", Role.ADMIN), ("eve", Role.VIEWER)):
        add_person(session, name, role)
    return add_event(session)


def test_one_is_in_charge_and_hands_over(session: Session, event: Event):
    put_in_charge(session, event.id, "ann", instead_of=None, by="ann")
    session.refresh(event)
    assert event.in_charge == "ann"
    assert event.in_charge_since is not None
    put_in_charge(session, event.id, "ben", instead_of="ann", by="ann")
    put_in_charge(session, event.id, None, instead_of="ben", by="ben")
    session.refresh(event)
    assert (event.in_charge, event.in_charge_since) == (None, None)
    lines = session.scalars(select(Activity.text).order_by(Activity.id))
    assert list(lines)[-3:] == [
        "ann is in charge", "ben is in charge", "Nobody is in charge any more",
    ]  # fmt: skip


def test_who_decided_on_an_older_state_is_told(session: Session, event: Event):
    put_in_charge(session, event.id, "ann", instead_of=None, by="ann")
    with pytest.raises(ChargeRefused, match="ann is in charge by now"):
        put_in_charge(session, event.id, "ben", instead_of=None, by="ben")
    put_in_charge(session, event.id, None, instead_of="ann", by="ann")
    with pytest.raises(ChargeRefused, match="nobody is by now"):
        put_in_charge(session, event.id, "ben", instead_of="ann", by="ben")


def test_only_who_may_decide_can_be_in_charge(session: Session, event: Event):
    assert may_be_in_charge(session) == ["ann", "ben"]
    for name in ("eve", "nobody"):
        with pytest.raises(ChargeRefused, match="no observer"):
            put_in_charge(session, event.id, name, instead_of=None, by="ann")

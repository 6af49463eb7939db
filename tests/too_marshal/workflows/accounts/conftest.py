"""Ann, her browser and her device."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.too_marshal.authenticator import Device
from tests.too_marshal.factories import add_person
from too_marshal.db.accounts.passkeys import Passkey, Purpose
from too_marshal.db.accounts.people import Person, Role
from too_marshal.workflows.accounts.passkey_adding import add_passkey, begin_passkey, read_new_key
from too_marshal.workflows.accounts.passkey_challenges import Asker
from too_marshal.workflows.accounts.relying_party import RelyingParty

PARTY = RelyingParty("localhost", "http://localhost")
BROWSER = "what her browser holds"


@pytest.fixture
def ann(session: Session) -> Person:
    return add_person(session, "ann", Role.OBSERVER)


@pytest.fixture
def device() -> Device:
    return Device()


def add(session: Session, person: Person, device: Device, name: str = "telephone") -> Passkey:
    """Add a passkey as the pages do."""
    asker = Asker(BROWSER, Purpose.ADD, person.id)
    made = device.make(begin_passkey(session, person, asker, PARTY))
    return add_passkey(session, person, name, read_new_key(session, made, asker, PARTY))

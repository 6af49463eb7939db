from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_person
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Contact, Notification
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.senders import Message
from too_marshal.workflows.alarms.send import Desk, send_notification


@dataclass
class Recorder:
    """Keeps what it is given to send; the real ways are tested in deployment.senders."""

    kind: str = "email"
    label: str = "e-mail"
    address_label: str = "address"
    sent: list[tuple[str, Message]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def check(self, address: str) -> str:
        if "@" not in address:
            raise ValueError(f"{address!r} is no address")
        return address.strip()

    def send(self, address: str, message: Message) -> Outcome:
        self.sent.append((address, message))
        return self.outcomes.pop(0) if self.outcomes else Outcome(DeliveryState.SENT)


@pytest.fixture
def sender() -> Recorder:
    return Recorder()


@pytest.fixture
def desk(sender: Recorder) -> Desk:
    return Desk({"email": sender}, Robots({}), "a secret key", "https://too.example.org/")


def person_with_contact(
    session: Session, username: str, role: Role = Role.OBSERVER, *, wakes: bool = False
) -> Person:
    person = add_person(session, username, role)
    address = f"{username}@example.org"
    session.add(Contact(person_id=person.id, kind="email", address=address, wakes=wakes))
    session.commit()
    return person


def send_all(session: Session, desk: Desk) -> None:
    """Send what waits, as a worker does that finds the jobs due."""
    query = select(Notification.id).where(Notification.state == DeliveryState.WAITING)
    for notification_id in session.scalars(query.order_by(Notification.id)).all():
        send_notification(session, desk, notification_id)

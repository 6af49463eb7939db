"""What a person is sent, and what every way of sending it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from too_marshal.deployment.channels import Outcome


@dataclass(frozen=True)
class Message:
    """One message to one person; it fits on a screen and allows a decision."""

    key: str
    """The same for every attempt to send it: a service that can takes it once only."""

    subject: str
    """One line, e.g. "S231118d: BNS 95 %, ZTF reaches 62 % until 09:40 UTC"."""

    text: str
    """Plain text of a few lines, the link and the acknowledgment left out."""

    speech: str
    """What a voice says, short and without signs."""

    link: str = ""
    """Address of the event's page; empty where the deployment has no public address."""

    acknowledge: str = ""
    """Address of the page that acknowledges, with its token; empty where there is nothing to."""

    answer: str = ""
    """Address that a telephone service calls with the key that was pressed; empty: no key."""

    is_urgent: bool = False
    """It is to ring through a silent telephone where the service can do that."""


class Sender(Protocol):
    """One kind of channel, as this deployment can use it."""

    @property
    def kind(self) -> str:
        """Name of the kind, e.g. "email"."""

    @property
    def label(self) -> str:
        """As people say it, e.g. "e-mail"."""

    @property
    def address_label(self) -> str:
        """What a person gives, with its form, e.g. "telephone number, +4915112345678"."""

    def check(self, address: str) -> str:
        """The address as it is kept.

        Raises
        ------
        ValueError
            If it is none; the message is for the person.
        """

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once, and tell what is known of its arrival; never raises."""

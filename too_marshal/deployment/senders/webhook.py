"""Webhooks of a person's own: whatever takes JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.personal import PersonalServers, personal_servers
from too_marshal.deployment.settings import Settings


@dataclass(frozen=True)
class WebhookSender:
    """Posts a message as it is to an address that a person gives."""

    servers: PersonalServers

    kind: ClassVar[str] = "webhook"
    label: ClassVar[str] = "webhook"
    address_label: ClassVar[str] = "address that takes JSON, https://example.org/hook"

    def check(self, address: str) -> str:
        """The address as it is kept."""
        return self.servers.check(address)

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once; its key lets the receiver drop a second one."""
        document = {
            "key": message.key,
            "subject": message.subject,
            "text": message.text,
            "link": message.link,
            "acknowledge": message.acknowledge,
            "is_urgent": message.is_urgent,
        }
        return self.servers.post(address, document)


def webhook_sender(settings: Settings) -> WebhookSender:
    """Webhooks need no setting."""
    return WebhookSender(personal_servers(settings))

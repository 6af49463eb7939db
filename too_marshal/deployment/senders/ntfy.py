"""Push messages by ntfy, as JSON (https://docs.ntfy.sh/publish/#publish-as-json)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.senders.given import service_url
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.posting import Answers, Call, Service
from too_marshal.deployment.senders.wording import one_line, shortened, utf8
from too_marshal.deployment.settings import Settings

# Bytes; a longer message arrives as an attached file.
_LONGEST = 4000
_LONGEST_TITLE = 250
_TOPIC = re.compile(r"[\w-]{1,64}", re.ASCII)
_URGENT, _ORDINARY = 5, 3
_ANSWERS = Answers(accepted="id", words="error")


@dataclass(frozen=True)
class NtfySender:
    """Publishes to topics that people have subscribed to."""

    service: Service

    kind: ClassVar[str] = "ntfy"
    label: ClassVar[str] = "ntfy"
    address_label: ClassVar[str] = "topic that nobody guesses, too-7f3a91c2"

    def check(self, address: str) -> str:
        """The topic."""
        topic = address.strip()
        if not _TOPIC.fullmatch(topic):
            raise ValueError("must be a topic: up to 64 letters, digits, - and _")
        return topic

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once: a tap opens the event, a button acknowledges."""
        return self.service.send(Call("/", json.dumps(_document(address, message))))


def _document(topic: str, message: Message) -> dict[str, Any]:
    document: dict[str, Any] = {
        "topic": topic,
        "title": shortened(one_line(message.subject), _LONGEST_TITLE),
        "message": shortened(message.text, _LONGEST, utf8),
        "priority": _URGENT if message.is_urgent else _ORDINARY,
        "actions": [
            {"action": "view", "label": label, "url": url, "clear": clear}
            for label, url, clear in (
                ("Acknowledge", message.acknowledge, True),
                ("Event page", message.link, False),
            )
            if url
        ],
    }
    return document | ({"click": message.link} if message.link else {})


def ntfy_sender(settings: Settings) -> NtfySender:
    """The server of the settings, by itself the public one.

    Raises
    ------
    SettingInvalid
        If its address cannot be used.
    """
    keep_secret(settings.ntfy_token)
    headers = {"Authorization": f"Bearer {settings.ntfy_token}"} if settings.ntfy_token else {}
    return NtfySender(Service(service_url(settings, "ntfy_url"), headers, _ANSWERS))

"""Mattermost, by an incoming webhook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.personal import PersonalServers, personal_servers
from too_marshal.deployment.senders.wording import in_full
from too_marshal.deployment.settings import Settings

# Posts of older servers; newer ones take four times as much.
_LONGEST = 4000

NO_MENTION = "@\u200b"
"""The server looks for names behind escapes too (`\\@channel` calls everybody), but a name ends
at a character that is neither letter, number nor one of . - _ : @, such as one of no width."""

_MARKDOWN = re.compile(r"[\\`*{}\[\]()#+\-.!_>~|]|^=", re.MULTILINE)
_INDENTED = re.compile(r"^[ \t]+", re.MULTILINE)


@dataclass(frozen=True)
class MattermostSender:
    """Posts to the webhook of a channel or of a person."""

    servers: PersonalServers

    kind: ClassVar[str] = "mattermost"
    label: ClassVar[str] = "Mattermost"
    address_label: ClassVar[str] = "incoming webhook, https://mattermost.example.org/hooks/..."

    def check(self, address: str) -> str:
        """The address as it is kept."""
        return self.servers.check(address)

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once, as text in which no markup is read."""
        return self.servers.post(address, {"text": in_full(message, _LONGEST, quote=escaped)})


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, and that calls nobody.

    Spaces at the beginning of a line, which would make code of it, are left out.
    """
    plain = _INDENTED.sub("", text).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKDOWN.sub(r"\\\g<0>", plain).replace("@", NO_MENTION)


def mattermost_sender(settings: Settings) -> MattermostSender:
    """Mattermost needs no setting."""
    return MattermostSender(personal_servers(settings))

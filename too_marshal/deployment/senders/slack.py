"""Slack, by an incoming webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from xml.sax.saxutils import escape

from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.personal import PersonalServers, personal_servers
from too_marshal.deployment.senders.wording import in_full
from too_marshal.deployment.settings import Settings

HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
"""Where Slack's incoming webhooks are."""

# https://docs.slack.dev/changelog/2018-truncating-really-long-messages: what it advises.
_LONGEST = 4000


@dataclass(frozen=True)
class SlackSender:
    """Posts to the webhook of a channel or of a person."""

    servers: PersonalServers

    kind: ClassVar[str] = "slack"
    label: ClassVar[str] = "Slack"
    address_label: ClassVar[str] = "incoming webhook, https://hooks.slack.com/services/..."

    def check(self, address: str) -> str:
        """The address as it is kept."""
        return self.servers.check(address)

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once, as plain text."""
        text = in_full(message, _LONGEST, lambda part: len(escaped(part)))
        # Without `mrkdwn` off, asterisks and underscores of a name would become bold and italic.
        # Without `unfurl_links` off, Slack would open the link that acknowledges.
        document = {"text": escaped(text), "mrkdwn": False, "unfurl_links": False}
        return self.servers.post(address, document | {"unfurl_media": False})


def escaped(text: str) -> str:
    """Text in which Slack reads no mention and no link of its own form.

    The three characters are those of https://api.slack.com/docs/message-formatting.
    """
    return escape(text)


def slack_sender(settings: Settings) -> SlackSender:
    """Slack needs no setting."""
    return SlackSender(personal_servers(settings, HOSTS))

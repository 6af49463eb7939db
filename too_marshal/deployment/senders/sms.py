"""Text messages to a telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.twilio import TwilioAccount, telephone_number, twilio_account
from too_marshal.deployment.senders.wording import in_full, utf16
from too_marshal.deployment.settings import Settings

# https://www.twilio.com/docs/api/errors/21617
_LONGEST = 1600


@dataclass(frozen=True)
class SmsSender:
    """Sends text messages by Twilio's protocol."""

    account: TwilioAccount

    kind: ClassVar[str] = "sms"
    label: ClassVar[str] = "text message (SMS)"
    address_label: ClassVar[str] = "telephone number with country code, +4915112345678"

    def check(self, address: str) -> str:
        """The number in international form."""
        return telephone_number(address)

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once."""
        text = in_full(message, _LONGEST, utf16)
        return self.account.create("Messages", address, {"Body": text})


def sms_sender(settings: Settings) -> SmsSender | None:
    """Text messages, if there is an account."""
    account = twilio_account(settings)
    return SmsSender(account) if account else None

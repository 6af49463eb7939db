"""E-mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from hashlib import sha256
from typing import ClassVar

from too_marshal import clock
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.given import all_or_none
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.smtp import Envelope, MailServer, mail_server
from too_marshal.deployment.senders.wording import one_line, without_subject
from too_marshal.deployment.settings import SettingInvalid, Settings

_LONGEST = 100_000
# Seven bits pass every server, whether it speaks 8BITMIME (RFC 6152) or not.
_POLICY = SMTP.clone(cte_type="7bit")
_MAX_ADDRESS = 254
# What every server takes (a part of RFC 5321's addresses): no quotes, no comments.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+", re.ASCII)


@dataclass(frozen=True)
class EmailSender:
    """Sends e-mails by one mail server."""

    server: MailServer

    sender: Address
    """Whom they come from."""

    kind: ClassVar[str] = "email"
    label: ClassVar[str] = "e-mail"
    address_label: ClassVar[str] = "e-mail address, name@example.org"

    def check(self, address: str) -> str:
        """The address as it is kept."""
        return email_address(address)

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once."""
        try:
            content = self._written(email_address(address), message)
        except ValueError:
            return Outcome(DeliveryState.FAILED, "the message cannot be written")
        return self.server.send(Envelope(self.sender.addr_spec, address, content))

    def _written(self, address: str, message: Message) -> bytes:
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self.sender
        mail["To"] = address
        mail.set_raw("Subject", _subject(message))
        mail["Date"] = format_datetime(clock.now())
        # The same for every attempt: a mail client shows two of them as one.
        mail["Message-ID"] = f"<{sha256(message.key.encode()).hexdigest()}@{self.sender.domain}>"
        # RFC 3834: no absence note answers it.
        mail["Auto-Submitted"] = "auto-generated"
        if message.is_urgent:
            mail["Importance"] = "high"
        mail.set_content(without_subject(message, _LONGEST), charset="utf-8")
        return mail.as_bytes()


def _subject(message: Message) -> str:
    """The subject as headers write it (RFC 2047).

    What `EmailMessage` makes of a long one loses spaces between its encoded words.
    """
    subject = one_line(message.subject)
    return Header(subject, "utf-8", maxlinelen=74, header_name="Subject").encode()


def email_address(address: str) -> str:
    """An e-mail address.

    Raises
    ------
    ValueError
        If it is none.
    """
    stripped = address.strip()
    if len(stripped) > _MAX_ADDRESS or not _ADDRESS.fullmatch(stripped):
        raise ValueError("must be an e-mail address, e.g. name@example.org")
    return stripped


def email_sender(settings: Settings) -> EmailSender | None:
    """E-mail, if there is a server.

    Raises
    ------
    SettingInvalid
        If its settings cannot be used.
    """
    if not all_or_none(settings, "smtp_url", "mail_from"):
        return None
    try:
        ((name, address),) = getaddresses([settings.mail_from])
        sender = Address(one_line(name), addr_spec=email_address(address))
    except ValueError:
        raise SettingInvalid("TOO_MAIL_FROM must be an address, or Name <address>") from None
    return EmailSender(mail_server(settings.smtp_url), sender)

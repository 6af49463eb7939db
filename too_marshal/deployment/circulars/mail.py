"""Circulars by mail.

Reference: GCN, "Submitting Circulars", gcn.nasa.gov/docs/circulars/submitting.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import unquote, urlsplit

from astropy import units as u

from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.circulars.way import SILENCE, Answer
from too_marshal.deployment.encryption import LOOPBACK


@dataclass(frozen=True)
class Email:
    """A mail from the address of a registered submitter."""

    url: str = field(repr=False)
    """smtp:// or smtps://, with a name and password where the server asks for them."""

    sender: str
    """As it is registered at GCN."""

    recipient: str
    """Address of the circulars."""

    title: str = "by mail"

    def send(self, subject: str, body: str) -> Answer:
        """Send it, and tell what is known of its arrival."""
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, self.sender, self.recipient
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message.set_content(body)
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as err:
            return Answer(*_refused(err))
        try:
            return self._hand_over(server, message)
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, silence = parts.hostname or "", SILENCE.to_value(u.s)
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=silence, context=context
            )
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=silence)
        try:
            server.ehlo_or_helo_if_needed()
            if parts.scheme == "smtp" and host not in LOOPBACK:
                server.starttls(context=context)
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> Answer:
        """Send the envelope, of which nothing comes, and then the letter."""
        try:
            for code, words in (server.mail(self.sender), server.rcpt(self.recipient)):
                if code // 100 != 2:
                    raise smtplib.SMTPResponseException(code, words)
        except (OSError, smtplib.SMTPException) as err:
            return Answer(*_refused(err))
        try:
            code, words = server.data(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
        except smtplib.SMTPDataError as err:  # it did not want to hear the letter at all
            return Answer(*_refused(err))
        except (OSError, smtplib.SMTPException) as err:
            return Answer(DeliveryState.UNCONFIRMED, f"no answer: {type(err).__name__}")
        if code // 100 == 2:
            return Answer(DeliveryState.SENT)
        return Answer(*_refused(smtplib.SMTPResponseException(code, words)))


def _refused(err: Exception) -> tuple[DeliveryState, str]:
    """What it means that the server took nothing: 5xx are for good (RFC 5321, 4.2.1)."""
    if isinstance(err, smtplib.SMTPResponseException):
        state = DeliveryState.FAILED if err.smtp_code // 100 == 5 else DeliveryState.WAITING
        return state, f"SMTP {err.smtp_code}"
    if isinstance(err, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
        return DeliveryState.FAILED, type(err).__name__
    return DeliveryState.WAITING, f"no connection: {type(err).__name__}"

"""One e-mail to one mail server, and what is known of its arrival.

The line that matters is the end of the message's data: a server that did not see it has no
message (RFC 5321, 4.1.1.4), and one that saw it may have sent the message on, whether its answer
comes or not.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import unquote, urlsplit

from astropy import units as u

from telescopes.protocols.deadlines import cut_off, shut
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.logs import keep_secret, redact
from too_marshal.deployment.senders.given import LOOPBACK
from too_marshal.deployment.senders.posting import MAX_WORDS, Limits
from too_marshal.deployment.settings import SettingInvalid

_TAKEN, _GO_ON, _REFUSED = range(200, 300), range(354, 355), range(400, 600)
_FOR_EVER = range(500, 600)
"""Codes of answers (RFC 5321, 4.2.1)."""


class Encryption(Enum):
    """How a server is spoken to."""

    FROM_THE_START = auto()
    BY_STARTTLS = auto()
    NONE = auto()
    """On this machine alone."""


_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class Envelope:
    """What a mail server is given."""

    sender: str

    recipient: str

    content: bytes
    """Lines that end with CRLF."""


@dataclass(frozen=True)
class MailServer:
    """The server that takes our e-mails."""

    host: str

    port: int

    encryption: Encryption

    username: str = ""

    password: str = field(default="", repr=False)

    limits: Limits = field(default_factory=Limits)

    def send(self, envelope: Envelope) -> Outcome:
        """Send an e-mail once, and tell what is known of its arrival."""
        try:
            with self._session() as session:
                return _handed_over(session, envelope)
        except smtplib.SMTPResponseException as err:
            return _refused(err.smtp_code, err.smtp_error)
        except smtplib.SMTPNotSupportedError:
            return Outcome(DeliveryState.FAILED, "the mail server offers no such login or no TLS")
        except (OSError, smtplib.SMTPException) as err:
            return Outcome(DeliveryState.WAITING, f"no connection: {type(err).__name__}")

    @contextlib.contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A session, logged in; how it ends makes no difference to what was taken."""
        session = self._connected()

        def cut() -> None:
            if session.sock is not None:
                shut(session.sock)

        try:
            with cut_off(cut, self.limits.deadline.to_value(u.s)):
                if self.encryption is Encryption.BY_STARTTLS:
                    session.starttls(context=ssl.create_default_context())
                if self.username:
                    session.login(self.username, self.password)
                yield session
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    session.quit()
        finally:
            session.close()

    def _connected(self) -> smtplib.SMTP:
        silence = self.limits.silence.to_value(u.s)
        if self.encryption is Encryption.FROM_THE_START:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=silence, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=silence)


def mail_server(url: str) -> MailServer:
    """A mail server by its address.

    Raises
    ------
    SettingInvalid
        If the address cannot be read.
    """
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except ValueError:
        raise SettingInvalid("TOO_SMTP_URL cannot be read as an address") from None
    if parts.scheme not in _PORTS or not host or parts.path.strip("/"):
        raise SettingInvalid("TOO_SMTP_URL must be smtp://user:password@host:587 or smtps://...")
    password = unquote(parts.password or "")
    keep_secret(url.strip())
    keep_secret(password)
    return MailServer(
        host,
        port or _PORTS[parts.scheme],
        _encryption(parts.scheme, host),
        unquote(parts.username or ""),
        password,
    )


def _encryption(scheme: str, host: str) -> Encryption:
    if scheme == "smtps":
        return Encryption.FROM_THE_START
    # A mail server on this machine seldom has a certificate that anybody has signed.
    return Encryption.NONE if host in LOOPBACK else Encryption.BY_STARTTLS


def _handed_over(session: smtplib.SMTP, envelope: Envelope) -> Outcome:
    session.ehlo_or_helo_if_needed()
    for command, expected in (
        (f"MAIL FROM:<{envelope.sender}>", _TAKEN),
        (f"RCPT TO:<{envelope.recipient}>", _TAKEN),
        ("DATA", _GO_ON),
    ):
        code, words = session.docmd(command)
        if code not in expected:
            return _refused(code, words)
    # Lost in here, its end has not been sent.
    session.send(_data(envelope.content))
    try:
        code, words = session.getreply()
    except (OSError, smtplib.SMTPException) as err:
        return Outcome(DeliveryState.UNCONFIRMED, f"no answer: {type(err).__name__}")
    if code in _TAKEN:
        return Outcome(DeliveryState.SENT)
    if code not in _REFUSED:
        return Outcome(DeliveryState.UNCONFIRMED, "the answer is not a mail server's")
    return _refused(code, words)


def _data(content: bytes) -> bytes:
    """The message as it is sent: a dot at the beginning of a line is doubled, one ends it."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _refused(code: int, words: bytes | str) -> Outcome:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    state = DeliveryState.FAILED if code in _FOR_EVER else DeliveryState.WAITING
    return Outcome(state, redact(f"SMTP {code}: {text}")[:MAX_WORDS])

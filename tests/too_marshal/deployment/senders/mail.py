"""A mail server on loopback, by aiosmtpd, that behaves or misbehaves as a test asks."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from tests.too_marshal.deployment.senders.services import PASSWORD

USER = "marshal@obs.example"
LOOPBACK = "127.0.0.1"
ANOTHER_LOOPBACK = "127.0.0.2"
"""Of this machine too, but not by the names that may be spoken to in clear."""


@dataclass
class Mailbox:
    """Keeps what came whole."""

    received: list[Envelope] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    """To each command in turn; "cut" ends the connection, "silent" says nothing more."""

    async def _answer(self, server: Any, command: str, otherwise: str) -> str:
        waiting = self.answers.get(command)
        answer = waiting.pop(0) if waiting else otherwise
        if answer == "cut":
            server.transport.abort()
        if answer == "silent":
            await asyncio.sleep(30)
        return answer

    async def handle_MAIL(  # noqa: N802 - as aiosmtpd calls it
        self, server, _session, envelope, address, _options
    ) -> str:
        envelope.mail_from = address
        return await self._answer(server, "MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - as above
        self, server, _session, envelope, address, _options
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer(server, "RCPT", "250 OK")

    async def handle_DATA(self, server, _session, envelope) -> str:  # noqa: N802 - as above
        self.received.append(envelope)
        return await self._answer(server, "DATA", "250 taken")

    @property
    def mails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(envelope.original_content, policy=default)
            for envelope in self.received
        ]


def _known(_server, _session, _envelope, _mechanism, credentials) -> AuthResult:
    is_right = (credentials.login, credentials.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def mail_server(
    certificate: Path | None = None, *, host: str = LOOPBACK, from_the_start: bool = False
) -> Iterator[tuple[Mailbox, int]]:
    """Run one: in clear, or with a certificate and a log-in."""
    mailbox = Mailbox()
    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        options = {"authenticator": _known, "ssl_context": context, "auth_require_tls": False}
        if not from_the_start:
            options = {"authenticator": _known, "tls_context": context, "auth_required": True}
    controller = _Controller(mailbox, hostname=host, port=0, **options)
    controller.start()
    try:
        yield mailbox, controller.port
    finally:
        controller.stop()


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Ask it once, at the port that the system has chosen."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

"""GCN as far as circulars are concerned: its log-in, its API and its mail, on loopback."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.too_marshal.workflows.circulars.gcn_login import GCNLogin


class GCN:
    """GCN's API for circulars, with the log-in that stands before it.

    It does as `app/routes/api.circulars.ts` of nasa-gcn/gcn.nasa.gov: no bearer or a wrong scope
    is 403, a body without subject or text 400, and what is stored is answered with its number.
    """

    def __init__(self) -> None:
        self.stored: list[dict[str, str]] = []
        self.signers: list[str] = []
        """As whose account each was stored."""
        self.faults: list[int | str] = []
        """Of the next posts: a status before anything is stored; "silent" and "cut" after."""
        self.login = GCNLogin()
        self.ended = threading.Event()
        gcn = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(*gcn.login.show(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._say(*gcn.answer(self.path, dict(self.headers), body))

            def _say(self, status: int, answer: object) -> None:
                self.close_connection = True
                if not status:
                    return
                data = b"" if status == 302 else json.dumps(answer).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", str(answer))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        self.url = self.login.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, object]:
        """Status and document; a status of zero hangs up."""
        if path.startswith("/oauth2/"):
            return self.login.answer(path, headers, parse_qs(body))
        return self._post(headers, body)

    def _post(self, headers: dict[str, str], body: str) -> tuple[int, object]:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return fault, {}
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        signer = self.login.signers.get(token)
        if scheme != "Bearer" or signer is None:
            return 403, "Bearer missing"
        document = json.loads(body)
        if not (document.get("subject") and document.get("body")):
            return 400, {}
        self.stored.append(document)
        self.signers.append(signer)
        if fault == "silent":
            self.ended.wait(30)
        if fault is not None:
            return 0, None
        return 200, {**document, "circularId": 45000 + len(self.stored), "submittedHow": "api"}

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


def free_port() -> int:
    """A port that nobody listens at; aiosmtpd does not take any."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Mailbox:
    """A mail server that takes letters, or does not."""

    def __init__(self) -> None:
        self.letters: list[Envelope] = []
        self.data_answer = "250 OK"
        self.recipient_answer = ""
        self._controller = Controller(
            self, hostname="127.0.0.1", port=free_port(), auth_require_tls=False,
            authenticator=lambda *given: AuthResult(
                success=given[-1].login == b"ann" and given[-1].password == b"pass word",
                handled=False,
            ),
        )  # fmt: skip
        self._controller.start()
        _, port = self._controller.server.sockets[0].getsockname()[:2]
        self.url = f"smtp://ann:pass%20word@127.0.0.1:{port}"

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.data_answer == "hang up":
            self.letters.append(envelope)
            server.transport.close()
            return "250 OK"
        if self.data_answer.startswith("250"):
            self.letters.append(envelope)
        return self.data_answer

    def close(self) -> None:
        self._controller.stop()

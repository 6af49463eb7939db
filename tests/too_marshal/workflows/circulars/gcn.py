"""GCN as far as circulars are concerned: its log-in, its API and its mail, on loopback."""

from __future__ import annotations

import base64
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CLIENT, SECRET, REFRESH = "a-client", "a client's secret", "a-refresh-token"
SCOPE = "gcn.nasa.gov/circular-submitter"


class GCN:
    """GCN's API for circulars, with the log-in that stands before it.

    It does as `app/routes/api.circulars.ts` of nasa-gcn/gcn.nasa.gov: no bearer or a wrong scope
    is 403, a body without subject or text 400, and what is stored is answered with its number.
    """

    def __init__(self) -> None:
        self.stored: list[dict[str, str]] = []
        self.tokens: set[str] = set()
        self.faults: list[int | str] = []
        """Of the next posts: a status before anything is stored; "silent" and "cut" after."""
        self.login_faults: list[int] = []
        self.ended = threading.Event()
        gcn = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = gcn.answer(self.path, dict(self.headers), body)
                self.close_connection = True
                if status:
                    data = json.dumps(answer).encode()
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, object]:
        """Status and document; a status of zero hangs up."""
        return self._login(headers, body) if path == "/oauth2/token" else self._post(headers, body)

    def _login(self, headers: dict[str, str], body: str) -> tuple[int, object]:
        if self.login_faults:
            return self.login_faults.pop(0), {}
        credentials = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if headers.get("Authorization") != f"Basic {credentials}":
            return 400, {"error": "invalid_client"}
        if parse_qs(body) != {"grant_type": ["refresh_token"], "refresh_token": [REFRESH]}:
            return 400, {"error": "invalid_grant"}
        token = f"token-{len(self.tokens)}-{SCOPE}"
        self.tokens.add(token)
        return 200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}

    def _post(self, headers: dict[str, str], body: str) -> tuple[int, object]:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return fault, {}
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            return 403, "Bearer missing"
        document = json.loads(body)
        if not (document.get("subject") and document.get("body")):
            return 400, {}
        self.stored.append(document)
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

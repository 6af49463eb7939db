"""A web server on loopback that behaves, or misbehaves, as a test asks."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAMES = ("maps.example", "mirror.example")
LOOPBACK = "127.0.0.1"

Page = Callable[[BaseHTTPRequestHandler], None]


def make_certificate(folder: Path, *addresses: str) -> Path:
    """A certificate of `NAMES` that is its own authority; the key stands in the same file."""
    holders = [f"DNS:{name}" for name in NAMES] + [f"IP:{address}" for address in addresses]
    path = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=maps.example", "-keyout", path, "-out", folder / "cert.pem",
         "-addext", "subjectAltName=" + ",".join(holders)],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + (folder / "cert.pem").read_bytes())
    return path


class WebServer:
    """Pages by path, and what was asked for."""

    def __init__(self, certificate: Path) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.connections = 0
        pages, asked = self.pages, self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked.append(self.path)
                page = pages.get(self.path.partition("?")[0])
                with suppress(OSError):
                    if page is None:
                        reply(404)(self)
                    else:
                        page(self)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server = _Server((LOOPBACK, 0), Handler)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_address[1]

    def url(self, path: str, host: str = "maps.example") -> str:
        return f"https://{host}:{self.port}{path}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what is tested here."""


def reply(status: int, body: bytes = b"", **headers: str) -> Page:
    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        stated = {"Content_Length": str(len(body)), **headers}
        for name, value in stated.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


@contextmanager
def web_server(certificate: Path) -> Iterator[WebServer]:
    server = WebServer(certificate)
    server.start()
    try:
        yield server
    finally:
        server.stop()

"""A provider on loopback that lies, is silent, or says what it must not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "the-marshal", "a secret of the client"

KEY = RSAKey.generate_key(2048, parameters={"kid": "ours"})
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "ours"})
"""It calls itself by the same name."""


class Hostile:
    """Answers at every address; what it says can be changed in every part."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        """Addresses that are never answered."""
        self.drips: set[str] = set()
        """Addresses that are answered byte by byte, for ever."""
        self.statuses: dict[str, int] = {}
        self.metadata: dict[str, Any] = {}
        """What is said instead of the truth."""
        self.claims: dict[str, Any] = {}
        self.keys = [KEY]
        self.sign: Callable[[dict[str, Any]], Any] = signed
        self.tokens: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        self.userinfo: dict[str, Any] = {"sub": "17"}
        self.nonce = ""
        self.ended = threading.Event()
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _answer(self, form: str) -> None:
                self.close_connection = True
                hostile.asked.append((self.path, parse_qs(form), dict(self.headers)))
                if self.path in hostile.silent:
                    hostile.ended.wait(60)
                    return
                data = json.dumps(hostile.document(self.path)).encode()
                self.send_response(hostile.statuses.get(self.path, 200))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.path in hostile.drips:
                    while not hostile.ended.wait(0.1):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    return
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """That a client hangs up is what is tested."""

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def document(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "revocation_endpoint": f"{self.issuer}/revoke",
                **self.metadata,
            }
        if path == "/keys":
            return dict(KeySet(self.keys).as_dict(private=False))
        if path == "/token":
            return {"access_token": "an access token", "id_token": self.id_token(), **self.tokens}
        return self.userinfo if path == "/userinfo" else {}

    def id_token(self) -> Any:
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "17", "nonce": self.nonce,
            "iat": int(time.time()), "exp": int(time.time()) + 300, **self.claims,
        }  # fmt: skip
        return self.sign({name: value for name, value in claims.items() if value is not None})

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


def signed(claims: dict[str, Any], key: RSAKey = KEY, kid: str = "ours") -> str:
    """As an honest provider signs."""
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, key)

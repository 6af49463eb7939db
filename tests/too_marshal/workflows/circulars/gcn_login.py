"""GCN's log-in, on loopback: Cognito as far as a client of it is concerned.

It holds its clients to the rules: a code and a refresh token are good once, and who uses one of
them twice has lost all that came of it.
"""

from __future__ import annotations

import base64
import itertools
import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET, REFRESH = "a-client", "a client's secret", "a-refresh-token"
SUBMITTER = "gcn.nasa.gov/circular-submitter"
DEPLOYMENT = "the deployment's account"

Form = dict[str, list[str]]
Said = tuple[int, object]

_KEY = RSAKey.generate_key(2048, parameters={"kid": "gcn"})


@dataclass
class Account:
    """Somebody at GCN, who is logged in and says yes."""

    subject: str
    email: str
    is_submitter: bool = True
    existing: str = ""
    """The service by which GCN knows them, where they came by another."""


@dataclass
class GCNLogin:
    """A pool of accounts and what they have let clients do."""

    issuer: str = ""
    account: Account = field(default_factory=lambda: Account("a-1", "ann@observatory.example"))
    """Who sits at the browser."""
    rotates: bool = True
    revokes: bool = True
    refuses: bool = False
    """The person says no."""
    faults: list[int] = field(default_factory=list)
    """Statuses of the next requests for tokens."""
    wait: threading.Event | None = None
    """Tokens are given once it is set."""
    asked: list[Form] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    """By which the browsers were to come."""
    codes: dict[str, tuple[Account, dict[str, str]]] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=lambda: {REFRESH: DEPLOYMENT})
    """Living ones, and whose they are."""
    used: dict[str, str] = field(default_factory=dict)
    signers: dict[str, str] = field(default_factory=dict)
    """Access tokens, and whose they are."""
    numbers: itertools.count = field(default_factory=itertools.count)

    def show(self, address: str) -> Said:
        """What a browser, or a client, gets."""
        parts = urlsplit(address)
        if parts.path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/oauth2/authorize",
                "token_endpoint": f"{self.issuer}/oauth2/token",
                "jwks_uri": f"{self.issuer}/keys",
                **({"revocation_endpoint": f"{self.issuer}/oauth2/revoke"} if self.revokes else {}),
            }
        if parts.path == "/keys":
            return 200, KeySet([_KEY]).as_dict(private=False)
        if parts.path == "/oauth2/authorize":
            given = {name: value[0] for name, value in parse_qs(parts.query).items()}
            return 302, self._let(given)
        return 404, {}

    def _let(self, given: dict[str, str]) -> str:
        assert given["client_id"] == CLIENT
        assert set(given["scope"].split()) == {"openid", "profile", SUBMITTER}
        self.services.append(given.get("identity_provider", ""))
        answer = {"state": given["state"]}
        if self.refuses:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_hex(8)
            self.codes[answer["code"]] = self.account, given
        return f"{given['redirect_uri']}?{urlencode(answer)}"

    def answer(self, path: str, headers: dict[str, str], form: Form) -> Said:
        """What a client gets that shows its secret."""
        credentials = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if headers.get("Authorization") != f"Basic {credentials}":
            return 400, {"error": "invalid_client"}
        if path == "/oauth2/revoke":
            self.refresh_tokens.pop(form["token"][0], None)
            return 200, {}
        self.asked.append(form)
        if self.faults:
            return self.faults.pop(0), {}
        if self.wait is not None:
            self.wait.wait(30)
        if form["grant_type"] == ["authorization_code"]:
            return self._redeem({name: value[0] for name, value in form.items()})
        return self._refresh(form["refresh_token"][0])

    def _redeem(self, form: dict[str, str]) -> Said:
        account, given = self.codes.pop(form["code"], (None, {}))
        if (
            account is None
            or form["redirect_uri"] != given["redirect_uri"]
            or create_s256_code_challenge(form["code_verifier"]) != given["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": account.subject, "email": account.email,
            "nonce": given["nonce"], "iat": int(time.time()), "exp": int(time.time()) + 3600,
        }  # fmt: skip
        if account.existing and given.get("identity_provider") != account.existing:
            claims["existingIdp"] = account.existing
        token = jwt.encode({"alg": "RS256", "kid": "gcn"}, claims, _KEY)
        scope = f"openid profile {SUBMITTER}" if account.is_submitter else "openid profile"
        return 200, {
            **self._access(account.subject), "id_token": token, "scope": scope,
            "refresh_token": self._new(account.subject),
        }  # fmt: skip

    def _refresh(self, token: str) -> Said:
        if token in self.used:
            # It is in the hands of two: nothing of it is good any more.
            self.end(self.used[token])
        subject = self.refresh_tokens.get(token)
        if subject is None:
            return 400, {"error": "invalid_grant"}
        answer = self._access(subject)
        if self.rotates and subject != DEPLOYMENT:
            self.used[token] = self.refresh_tokens.pop(token)
            answer["refresh_token"] = self._new(subject)
        return 200, answer

    def end(self, subject: str) -> None:
        """Give nothing more for what somebody has let a client do."""
        self.refresh_tokens = {
            token: each for token, each in self.refresh_tokens.items() if each != subject
        }

    def _new(self, subject: str) -> str:
        token = f"refresh-{secrets.token_hex(8)}"
        self.refresh_tokens[token] = subject
        return token

    def _access(self, subject: str) -> dict[str, object]:
        token = f"token-{next(self.numbers)}-{secrets.token_hex(8)}"
        self.signers[token] = subject
        return {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}

"""A device in software: it makes passkeys and signs with them, byte by byte as WebAuthn has it."""

from __future__ import annotations

import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
"""Flags: somebody was there, it was looked who, and a new key follows."""

ES256 = -7


def to_text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One with a single passkey, and a browser around it that has opened `origin`."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    """Of signatures; one that counts none says 0 always."""

    counts: bool = True
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def but(self, **values: Any) -> Device:
        """The same device where something is otherwise."""
        return replace(self, **values)

    def make(self, options: str) -> str:
        """Make the passkey that the options ask for; gives what the browser sends."""
        asked = json.loads(options)
        self.handle = to_bytes(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        data = self._data(ATTESTED) + bytes(16) + struct.pack(">H", len(self.credential_id))
        data += self.credential_id + cbor2.dumps(key)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._said(client, attestationObject=to_text(attestation), transports=["internal"])

    def sign(self, options: str, **response: Any) -> str:
        """Sign what the options ask for; `response` is what the browser says otherwise."""
        self.count += self.counts
        client = self._client("webauthn.get", json.loads(options)["challenge"])
        data = self._data()
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        values = {
            "authenticatorData": to_text(data),
            "signature": to_text(signature),
            "userHandle": to_text(self.handle),
        }
        return self._said(client, **(values | response))

    def _data(self, more: int = 0) -> bytes:
        name = sha256(self.rp_id.encode()).digest()
        return name + struct.pack(">BI", self.flags | more, self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _said(self, client: bytes, **response: Any) -> str:
        return json.dumps(
            {
                "id": to_text(self.credential_id),
                "rawId": to_text(self.credential_id),
                "type": "public-key",
                "response": {"clientDataJSON": to_text(client), **response},
            }
        )

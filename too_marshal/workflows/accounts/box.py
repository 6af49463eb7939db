"""Boxes that only the service's key opens: a copy of the database alone shows no secrets."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet


def box(purpose: str, secret_key: str) -> Fernet:
    """What encrypts secrets of one kind, so that one kind cannot be passed off as another."""
    key = hashlib.sha256(f"{purpose}\n{secret_key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))

"""What is encrypted for one purpose is opened by the same key, for that purpose, alone."""

from __future__ import annotations

import pytest
from cryptography.fernet import InvalidToken

from too_marshal.workflows.accounts.box import box


def test_only_the_same_key_and_purpose_open_it():
    closed = box("a purpose", "a key").encrypt(b"a secret")
    assert box("a purpose", "a key").decrypt(closed) == b"a secret"
    for other in (box("another purpose", "a key"), box("a purpose", "another key")):
        with pytest.raises(InvalidToken):
            other.decrypt(closed)

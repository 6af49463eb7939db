"""Short-lived links by which a person acknowledges an alarm without logging in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer

LASTS = timedelta(hours=12)
"""An alarm that is older is acknowledged on its page."""

_SALT = "alarm"


@dataclass(frozen=True)
class Acknowledging:
    """Who may acknowledge which alarm."""

    alarm_id: int
    person_id: int


def token_of(secret_key: str, wanted: Acknowledging) -> str:
    """Make the token of a link; it says who was told, and nothing else can be done with it."""
    return _serializer(secret_key).dumps([wanted.alarm_id, wanted.person_id])


def read_token(secret_key: str, token: str) -> Acknowledging | None:
    """What a token allows; None where it is none of ours, or too old."""
    try:
        alarm_id, person_id = _serializer(secret_key).loads(
            token, max_age=int(LASTS.total_seconds())
        )
    except (BadSignature, TypeError, ValueError):
        return None
    return Acknowledging(int(alarm_id), int(person_id))


def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=_SALT)

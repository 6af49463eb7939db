"""What a way to GCN does, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from astropy import units as u

from too_marshal.db.deliveries import DeliveryState

EMAIL, API = "email", "api"
"""Names of the ways, as they stand in the database."""

SILENCE, DEADLINE = 20 * u.s, 45 * u.s
"""Longest silence of GCN, and longest exchange with it."""


@dataclass(frozen=True)
class Answer:
    """What came of an attempt."""

    state: DeliveryState
    """`WAITING` where it may be tried again."""

    reason: str = ""
    """Why it is not known to have arrived."""

    number: int | None = None
    """Of the circular, where GCN has told it."""


class Way(Protocol):
    """Hands a text to GCN, once."""

    @property
    def title(self) -> str:
        """How people call it."""
        ...

    def send(self, subject: str, body: str) -> Answer:
        """Send it, and tell what is known of its arrival."""
        ...

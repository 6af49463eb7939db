"""The ways to reach people that this deployment has."""

from __future__ import annotations

from too_marshal.deployment.senders.message import Sender
from too_marshal.deployment.settings import Settings


def senders_of(settings: Settings) -> dict[str, Sender]:
    """Ways that can be used as the settings are, by kind."""
    del settings
    return {}

"""The ways to reach a person that a deployment has."""

from __future__ import annotations

from collections.abc import Callable

from too_marshal.deployment.senders.email import email_sender
from too_marshal.deployment.senders.matrix import matrix_sender
from too_marshal.deployment.senders.mattermost import mattermost_sender
from too_marshal.deployment.senders.message import Sender
from too_marshal.deployment.senders.ntfy import ntfy_sender
from too_marshal.deployment.senders.slack import slack_sender
from too_marshal.deployment.senders.sms import sms_sender
from too_marshal.deployment.senders.telegram import telegram_sender
from too_marshal.deployment.senders.voice import voice_sender
from too_marshal.deployment.senders.webhook import webhook_sender
from too_marshal.deployment.settings import Settings

_BUILDERS: tuple[Callable[[Settings], Sender | None], ...] = (
    email_sender,
    sms_sender,
    voice_sender,
    slack_sender,
    mattermost_sender,
    telegram_sender,
    matrix_sender,
    ntfy_sender,
    webhook_sender,
)
"""In the order in which people are offered them."""


def senders_of(settings: Settings) -> dict[str, Sender]:
    """Senders of a deployment by their kind; a rehearsal has none, since all leave the machine.

    Raises
    ------
    SettingInvalid
        If one cannot be used as it is set; the message names the variable, never its value.
    """
    senders = [build(settings) for build in _BUILDERS]
    if settings.rehearsal:
        return {}
    return {sender.kind: sender for sender in senders if sender is not None}

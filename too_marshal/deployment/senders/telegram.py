"""Telegram, by a bot (https://core.telegram.org/bots/api#sendmessage)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import ClassVar

from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.senders.given import service_url
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.posting import Answers, Call, Service
from too_marshal.deployment.senders.wording import in_full, utf16
from too_marshal.deployment.settings import SettingInvalid, Settings

_LONGEST = 4096
_TOKEN = re.compile(r"[0-9]{1,20}:[\w-]{6,100}", re.ASCII)
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z]\w{3,31}", re.ASCII)
_ANSWERS = Answers(accepted="result", words="description")


@dataclass(frozen=True)
class TelegramSender:
    """Writes to chats that have begun to talk with the bot, or that it is a member of."""

    service: Service

    token: str = field(repr=False)

    kind: ClassVar[str] = "telegram"
    label: ClassVar[str] = "Telegram"
    address_label: ClassVar[str] = "number of the chat with the bot, 123456789"

    def check(self, address: str) -> str:
        """The number of the chat, or the name of a channel."""
        chat = address.strip()
        if not _CHAT.fullmatch(chat):
            raise ValueError("must be the number of a chat, e.g. 123456789, or @channel")
        return chat

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once; without `parse_mode`, nothing in it is markup."""
        document = {
            "chat_id": address,
            "text": in_full(message, _LONGEST, utf16),
            # Telegram would open the link that acknowledges.
            "link_preview_options": {"is_disabled": True},
        }
        return self.service.send(Call(f"/bot{self.token}/sendMessage", json.dumps(document)))


def telegram_sender(settings: Settings) -> TelegramSender | None:
    """Telegram, if there is a bot.

    Raises
    ------
    SettingInvalid
        If its token is none.
    """
    token = settings.telegram_token
    if not token:
        return None
    keep_secret(token)
    # It becomes part of a path.
    if not _TOKEN.fullmatch(token):
        raise SettingInvalid("TOO_TELEGRAM_TOKEN must be as the BotFather gave it, NUMBER:LETTERS")
    return TelegramSender(Service(service_url(settings, "telegram_url"), answers=_ANSWERS), token)

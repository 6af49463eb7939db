"""The channels by which people are told, by the settings: webhooks that take JSON as Slack does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from astropy import units as u

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPTransport, basic_authorization
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.settings import SettingInvalid, Settings

SILENCE, DEADLINE = 15 * u.s, 30 * u.s
"""Longest silence of a channel, and longest exchange with it."""

_NAME = re.compile(r"[\w.-]{1,40}")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

# The message has certainly not been posted.
_LATER = {429, 500, 502, 503}
_GATEWAY_TIMEOUT = 504


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt."""

    state: DeliveryState
    """`WAITING` where it may be tried again."""

    reason: str = ""
    """Why it has not arrived."""


@dataclass(frozen=True)
class Channel:
    """A webhook: whoever knows its address may post there, so the address is a secret."""

    name: str
    """As rules call it."""

    url: str = field(repr=False)
    """Its address."""

    def post(self, text: str) -> Outcome:
        """Post a message once, and tell what is known of its arrival."""
        service, path = _service(self.url)
        try:
            answer = service.exchange("POST", path, body=json.dumps({"text": text}))
        except QueueUnreachable:
            return Outcome(DeliveryState.WAITING, "no connection")
        except QueueUnconfirmed as err:
            # Only the kind of the cause: the words hold the address.
            return Outcome(DeliveryState.UNCONFIRMED, f"no answer: {type(err.__cause__).__name__}")
        return _outcome(answer.status)


def _service(url: str) -> tuple[HTTPTransport, str]:
    """The server of a webhook, and the path that it is called by."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    headers = {}
    if parts.username is not None:
        headers = basic_authorization(unquote(parts.username), unquote(parts.password or ""))
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return HTTPTransport(f"{parts.scheme}://{host}", headers, SILENCE, DEADLINE), path


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome(DeliveryState.SENT)
    if status in _LATER:
        return Outcome(DeliveryState.WAITING, f"HTTP {status}")
    if status == _GATEWAY_TIMEOUT:
        return Outcome(DeliveryState.UNCONFIRMED, f"HTTP {status}")
    return Outcome(DeliveryState.FAILED, f"HTTP {status}")


@dataclass(frozen=True)
class Channels:
    """All channels of a deployment."""

    by_name: Mapping[str, Channel]
    """As rules call them."""

    public_url: str = ""
    """Address of the pages as people reach them; empty: messages hold no link."""


def channels_of(settings: Settings) -> Channels:
    """Channels of a deployment; a rehearsal tells nobody outside.

    Raises
    ------
    SettingInvalid
        If one cannot be used as it is set; the message never holds an address.
    """
    channels: dict[str, Channel] = {}
    for index, line in enumerate(settings.webhooks.split(), start=1):
        name, _, url = line.partition("=")
        where = f"TOO_WEBHOOKS, item {index}"
        if not _NAME.fullmatch(name) or name in channels:
            raise SettingInvalid(f"{where}: must be NAME=https://..., each name once")
        _check(where, url)
        keep_secret(url)
        channels[name] = Channel(name, url)
    return Channels({} if settings.rehearsal else channels, settings.public_url)


def _check(where: str, url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SettingInvalid(f"{where}: its address cannot be read") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname:
        raise SettingInvalid(f"{where}: its address must begin with https://")

"""Services on loopback that take messages as the real ones do, and settings that lead to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from astropy import units as u

from telescopes.simulators.service import Answer, Request, SimulatorServer, running
from too_marshal.deployment.senders.message import Message, Sender
from too_marshal.deployment.senders.posting import Limits
from too_marshal.deployment.senders.registry import senders_of
from too_marshal.deployment.settings import Settings

PATIENT = Limits(10 * u.s, 20 * u.s)
"""Where an answer comes, however busy the machine."""

SHORT = Limits(0.5 * u.s, 1 * u.s)
"""Where none comes."""

SECRETS = {
    "twilio_token": "tw1l10-c4n4ry",
    "telegram_token": "4242:t3l3gr4m-c4n4ry",
    "matrix_token": "m4tr1x-c4n4ry",
    "ntfy_token": "ntfy-c4n4ry",
}
HOOK_SECRET = "h00k-c4n4ry"
PASSWORD = "sm7p-c4n4ry"

MESSAGE = Message(
    key="delivery-17",
    subject="S231118d: BNS 95 %, ZTF reaches 62 % until 09:40 UTC",
    text="FAR 1 in 100 yr\narea 24 deg²\ndistance 150 ± 40 Mpc",
    speech="Neutron star merger. Z T F reaches 62 percent.",
    link="https://too.example/events/S231118d?a=1&b=2",
    acknowledge="https://too.example/acknowledge/t0k3n_x",
    answer="https://too.example/answer?delivery=17&token=a",
    is_urgent=True,
)

BARE = replace(MESSAGE, link="", acknowledge="", answer="", is_urgent=False)


@dataclass
class Desk:
    """Keeps what it was asked, and answers as the service does."""

    heard: list[Request] = field(default_factory=list)
    refusals: list[Answer] = field(default_factory=list)
    """Given first, one after the other."""

    def answer(self, request: Request) -> Answer:
        self.heard.append(request)
        if self.refusals:
            return self.refusals.pop(0)
        return Answer.json(*_accepted(request))

    def truncated(self, request: Request) -> Request:
        return request

    def describe(self) -> dict[str, Any]:
        return {}

    def set_clock(self, now: object, rate: object) -> None:
        raise ValueError(now, rate)


def _accepted(request: Request) -> tuple[int, dict[str, Any]]:
    """The answer of the service whose path it is."""
    for part, answer in {
        "/2010-04-01/": (201, {"sid": "SM0123456789", "status": "queued"}),
        "/bot": (200, {"ok": True, "result": {"message_id": 1}}),
        "/_matrix/": (200, {"event_id": "$abc"}),
        "/hooks": (200, {}),
    }.items():
        if request.path.startswith(part):
            return answer
    return 200, {"id": "hwQ2YpKdmg", "event": "message"}


@dataclass
class Services:
    """One server for all, since their paths differ."""

    server: SimulatorServer
    desk: Desk

    def settings(self, **others: Any) -> Settings:
        url = self.server.url
        given = {
            "twilio_url": url,
            "twilio_sid": "AC0123456789",
            "twilio_from": "+14155550100",
            "telegram_url": url,
            "matrix_url": url,
            "ntfy_url": url,
            "allow_private_addresses": True,
        }
        return Settings(**(given | SECRETS | others))

    def address(self, kind: str) -> str:
        return addresses(self.server.url)[kind]

    def sender(self, kind: str, limits: Limits = PATIENT, **others: Any) -> Sender:
        return hasty(senders_of(self.settings(**others))[kind], limits)

    @property
    def only(self) -> Request:
        (request,) = self.desk.heard
        return request


def addresses(url: str) -> dict[str, str]:
    """An address of each kind that is sent by HTTP."""
    return {
        "sms": "+4915112345678",
        "voice": "+4915112345678",
        "slack": f"{url}/hooks/{HOOK_SECRET}",
        "mattermost": f"{url}/hooks/{HOOK_SECRET}",
        "telegram": "123456789",
        "matrix": "!room:matrix.example",
        "ntfy": "too-7f3a91c2",
        "webhook": f"{url}/hooks/{HOOK_SECRET}?x=1",
    }


HTTP_KINDS = tuple(addresses(""))


def hasty(sender: Any, limits: Limits) -> Any:
    """The same sender with less patience: its limits stand in what it sends by."""
    if hasattr(sender, "limits"):
        return replace(sender, limits=limits)
    parts = {
        name: hasty(getattr(sender, name), limits)
        for name in ("service", "account", "servers", "server")
        if hasattr(sender, name)
    }
    return replace(sender, **parts)


@contextmanager
def services() -> Iterator[Services]:
    desk = Desk()
    with running(desk) as server:
        yield Services(server, desk)

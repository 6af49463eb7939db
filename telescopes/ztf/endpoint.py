"""The ways to ZTF's scheduler: through a tunnel, and through Kowalski."""

from __future__ import annotations

from typing import Annotated

from pydantic import SecretStr, ValidationInfo, field_validator

from telescopes.entries import Entry
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.endpoint import Address, WebEndpoint
from telescopes.protocols.http import HTTPTransport, basic_authorization
from telescopes.telescope import Telescope
from telescopes.ztf.kowalski import KowalskiScheduler
from telescopes.ztf.queue import ZTFQueue
from telescopes.ztf.scheduler import TunnelledScheduler


class _WithDepot(WebEndpoint):
    """The depot of processed quadrants, where there is one."""

    depot_url: Annotated[
        Address | None, Entry("The nightly table of processed images", hint="empty: none is read")
    ] = None
    depot_password: Annotated[SecretStr | None, Entry("Its password")] = None
    depot_username: Annotated[str | None, Entry("Account at that table")] = None

    @field_validator("depot_username")
    @classmethod
    def _with_password(cls, username: str | None, info: ValidationInfo) -> str | None:
        if username and info.data.get("depot_password") is None:
            raise ValueError("there is no depot_password to it")
        return username

    def depot(self) -> HTTPTransport | None:
        """Reach the depot; None if there is none."""
        if self.depot_url is None:
            return None
        headers = {}
        if self.depot_username and self.depot_password is not None:
            password = self.depot_password.get_secret_value()
            headers = basic_authorization(self.depot_username, password)
        return HTTPTransport(self.depot_url, headers)


class SchedulerEndpoint(_WithDepot):
    """The scheduler's own interface."""

    def open(self, telescope: Telescope) -> ObservingQueue:  # noqa: ARG002 - the only one
        """Open the queue; nothing is sent."""
        return ZTFQueue(TunnelledScheduler(HTTPTransport(self.url)), self.depot())


class KowalskiEndpoint(_WithDepot):
    """Kowalski, which forwards to the scheduler."""

    token: Annotated[SecretStr, Entry("Token of an account at Kowalski")]
    user: Annotated[str, Entry("Whom submissions are signed by")]
    history_path: Annotated[
        str | None, Entry("Where it forwards the scheduler's history", hint="empty: nowhere")
    ] = None

    def open(self, telescope: Telescope) -> ObservingQueue:  # noqa: ARG002 - the only one
        """Open the queue; nothing is sent."""
        service = self.service({"Authorization": f"Bearer {self.token.get_secret_value()}"})
        return ZTFQueue(KowalskiScheduler(service, self.user, self.history_path), self.depot())

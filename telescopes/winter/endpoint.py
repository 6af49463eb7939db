"""The way to WINTER: the observatory's web interface."""

from __future__ import annotations

from typing import Annotated

from pydantic import SecretStr

from telescopes.entries import Entry
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.endpoint import WebEndpoint
from telescopes.protocols.http import basic_authorization
from telescopes.telescope import Telescope
from telescopes.winter.queue import WINTERQueue


class WINTEREndpoint(WebEndpoint):
    """An account, and a program with its key."""

    username: Annotated[str, Entry("Account")]
    password: Annotated[SecretStr, Entry("Its password")]
    program_name: Annotated[str, Entry("Program that is charged")]
    token: Annotated[SecretStr, Entry("Key of the program")]

    def open(self, telescope: Telescope) -> ObservingQueue:  # noqa: ARG002 - the only one
        """Open the queue; nothing is sent."""
        account = basic_authorization(self.username, self.password.get_secret_value())
        return WINTERQueue(self.service(account), self.program_name, self.token.get_secret_value())

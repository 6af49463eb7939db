"""The way to the telescopes of Las Cumbres Observatory: its portal."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import SecretStr

from telescopes.entries import Entry
from telescopes.las_cumbres.facts import LAS_CUMBRES
from telescopes.las_cumbres.queue import LCOQueue
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.endpoint import WebEndpoint
from telescopes.telescope import Telescope

ObservationType = Literal["NORMAL", "TIME_CRITICAL", "RAPID_RESPONSE"]
"""Which allocation is charged."""


class PortalEndpoint(WebEndpoint):
    """An account at the portal."""

    token: Annotated[SecretStr, Entry("Token of an account at the portal")]
    observation_type: Annotated[
        ObservationType,
        Entry("Which allocation is charged", detail=", ".join(get_args(ObservationType))),
    ] = "TIME_CRITICAL"
    proposal: Annotated[
        str | None, Entry("Only groups of this proposal are listed", hint="empty: all")
    ] = None

    def open(self, telescope: Telescope) -> ObservingQueue:
        """Open the queue; nothing is sent."""
        portal = self.service({"Authorization": f"Token {self.token.get_secret_value()}"})
        site = next(code for code, each in LAS_CUMBRES.items() if each.name == telescope.name)
        return LCOQueue(portal, site, self.observation_type, self.proposal)

"""The way to the Liverpool Telescope: its node agent."""

from __future__ import annotations

from typing import Annotated

from astropy import units as u
from pydantic import SecretStr

from telescopes.entries import Entry
from telescopes.liverpool.queue import PATH, LiverpoolQueue
from telescopes.liverpool.rtml import Conditions
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.endpoint import WebEndpoint
from telescopes.protocols.soap import SOAPService
from telescopes.telescope import Telescope

_USUAL = Conditions()


class NodeAgentEndpoint(WebEndpoint):
    """An account and a proposal, and what the sky must be like."""

    username: Annotated[str, Entry("Account")]
    password: Annotated[SecretStr, Entry("Its password")]
    proposal: Annotated[str, Entry("Proposal that is charged")]
    seeing: Annotated[float, Entry("Seeing, at most", unit=u.arcsec, least=0.1, most=10)] = float(
        _USUAL.seeing.to_value(u.arcsec)
    )
    sky: Annotated[
        float, Entry("Brightness of the sky above dark, at most", unit=u.mag, least=0, most=10)
    ] = _USUAL.sky
    photometric: Annotated[bool, Entry("Whether no cloud is allowed")] = _USUAL.is_photometric

    def open(self, telescope: Telescope) -> ObservingQueue:  # noqa: ARG002 - the only one
        """Open the queue; nothing is sent."""
        account = {"Username": self.username, "Password": self.password.get_secret_value()}
        conditions = Conditions(self.seeing * u.arcsec, self.sky, is_photometric=self.photometric)
        agent = SOAPService(self.service(account), PATH)
        return LiverpoolQueue(agent, self.username, self.proposal, conditions)

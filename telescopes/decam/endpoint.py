"""The way to DECam."""

from __future__ import annotations

from typing import Annotated

from astropy import units as u

from telescopes.decam.script import DECamScript
from telescopes.entries import Entry
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.drop_endpoint import DropEndpoint
from telescopes.telescope import Telescope


class DECamEndpoint(DropEndpoint):
    """Where scripts for the observers go, and how they are written."""

    title: Annotated[str, Entry("Program title that observers see")] = DECamScript.title
    dither: Annotated[
        float | None,
        Entry("Offset of the second half of a split exposure", unit=u.arcsec, least=0, most=3600),
    ] = None

    def open(self, telescope: Telescope) -> ObservingQueue:  # noqa: ARG002 - the only one
        """Open the queue; nothing is sent."""
        dither = None if self.dither is None else self.dither * u.arcsec
        return self.queue(DECamScript(self.title, dither))

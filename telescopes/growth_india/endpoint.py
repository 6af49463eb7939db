"""The way to the GROWTH-India Telescope."""

from __future__ import annotations

from telescopes.growth_india.script import GrowthIndiaScript
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.drop_endpoint import DropEndpoint
from telescopes.telescope import Telescope


class GrowthIndiaEndpoint(DropEndpoint):
    """Where observing lists go."""

    def open(self, telescope: Telescope) -> ObservingQueue:  # noqa: ARG002 - the only one
        """Open the queue; nothing is sent."""
        return self.queue(GrowthIndiaScript())

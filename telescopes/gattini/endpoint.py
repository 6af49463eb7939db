"""The way to Gattini-IR, and to what takes the same files."""

from __future__ import annotations

from telescopes.gattini.script import QueueScript
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.drop_endpoint import DropEndpoint
from telescopes.telescope import Telescope


class GattiniEndpoint(DropEndpoint):
    """Where queues go."""

    def open(self, telescope: Telescope) -> ObservingQueue:
        """Open the queue; nothing is sent."""
        return self.queue(QueueScript(telescope))

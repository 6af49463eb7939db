"""Say once that a stream is away, now and then that it still is, and once that it is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

REMIND_SECONDS = 1800.0
"""Between two lines about one kind of failure while it lasts."""


FLAP_SECONDS = 60.0
"""A stream that comes and goes is told of so often, not at each turn."""


class Outage:
    """What goes wrong between a consumer and its brokers, told in few lines.

    librdkafka tries each broker again every ten seconds at the latest, for ever, and says so each
    time: an hour without Kafka would be a thousand lines that hide all others.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._told: dict[object, float] = {}
        self.failures = 0
        """Since the stream was last heard."""

    def failed(self, kind: object, text: str) -> None:
        """Note a failure; a line in the log, unless one of its kind was told lately.

        Parameters
        ----------
        kind
            What counts as the same, such as an error's code.
        text
            What went wrong.
        """
        present = self._clock()
        self.failures += 1
        if self._since is None:
            self._since = present
        told = self._told.get(kind)
        is_new = told is None or told < self._since
        if told is not None and present - told < (FLAP_SECONDS if is_new else REMIND_SECONDS):
            return
        self._told[kind] = present
        if is_new:
            logger.warning("Kafka: %s; it is tried again and again", text)
        else:
            logger.warning(
                "Kafka: still %s; nothing heard for %.0f min, %d failures",
                text, (present - self._since) / 60, self.failures,
            )  # fmt: skip

    def works(self) -> None:
        """Note that the stream is heard; a line in the log, if one said that it was not."""
        since = self._since
        if since is None:
            return
        if any(told >= since for told in self._told.values()):
            logger.info(
                "Kafka: heard again after %.0f s and %d failures",
                self._clock() - since, self.failures,
            )  # fmt: skip
        self._since, self.failures = None, 0

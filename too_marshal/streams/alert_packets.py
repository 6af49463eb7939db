"""Alert packets over Kafka: as many processes as are started share the partitions.

A group of consumers divides the partitions; where each is read on is ours: it is kept in the
database, in the transaction that keeps the alerts. After a change of hands a few packets may be
read twice, which changes nothing, and none is passed over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import certifi
import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from too_marshal.deployment.alert_sources import AlertSource
from too_marshal.streams.kafka import COMMON, Arrived, arrived, consumed, topics_at

logger = logging.getLogger(__name__)

SESSION_SECONDS, LOOK_SECONDS = 6.0, 30.0
"""After which a dead process loses its partitions to the others; and between two looks for topics:
a survey makes one every night."""


def consumer_config(source: AlertSource) -> dict[str, str | int | float | bool]:
    """Give librdkafka's configuration of a source, without its callbacks."""
    config: dict[str, str | int | float | bool] = {
        "bootstrap.servers": source.servers,
        "group.id": source.group,
        "session.timeout.ms": int(SESSION_SECONDS * 1000),
    }
    if source.tls:
        config["ssl.ca.location"] = certifi.where()
    if not source.username:
        return {**config, "security.protocol": "ssl" if source.tls else "plaintext"}
    return {
        **config,
        "security.protocol": "sasl_ssl" if source.tls else "sasl_plaintext",
        "sasl.mechanism": source.mechanism,
        "sasl.username": source.username,
        "sasl.password": source.password,
    }


class AlertStream:
    """The share that a process has of the partitions of a source."""

    def __init__(self, source: AlertSource, next_offset: Callable[[str, int], int | None]) -> None:
        """Join the others who read this source.

        Parameters
        ----------
        source
            Which.
        next_offset
            Tells where to read on in a topic's partition; None for its beginning. What it raises,
            `take` does.
        """
        self._source, self._next_offset = source, next_offset
        self._consumer = confluent_kafka.Consumer({**COMMON, **consumer_config(source)})
        self._topics: frozenset[str] = frozenset()
        self._looked_at = -float("inf")

    @property
    def partitions(self) -> int:
        """How many are read here."""
        return len(self._consumer.assignment())

    def take(self, most: int, timeout: float) -> list[Arrived]:
        """Packets that have come, in order within each partition.

        Parameters
        ----------
        most
            No more than this.
        timeout
            Seconds to wait until there are so many.
        """
        self._look_for_topics()
        return [arrived(message) for message in consumed(self._consumer, most, timeout)]

    def close(self) -> None:
        """Leave the partitions to the others."""
        self._consumer.close()

    def _look_for_topics(self) -> None:
        # Not by librdkafka's own patterns, in which what Python calls a digit is none.
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        wanted = self._source.wanted(topics_at(self._consumer))
        # Of brokers that do not answer nothing is known: what was read is read on.
        if wanted - self._topics:
            self._topics |= wanted
            self._consumer.subscribe(sorted(self._topics), on_assign=self._assign)

    def _assign(self, consumer: confluent_kafka.Consumer, partitions: list[TopicPartition]) -> None:
        for partition in partitions:
            stored = self._next_offset(partition.topic, partition.partition)
            partition.offset = OFFSET_BEGINNING if stored is None else stored
        consumer.assign(partitions)
        logger.info("%s: reading %d partitions", self._source.name, len(partitions))

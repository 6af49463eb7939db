"""Notices over Kafka: which partitions there are, and what has arrived in them.

Offsets are ours: they are kept in the database, in the transaction that keeps the notices, and
partitions are assigned from there. A consumer group would make a restart wait for the group to
notice that its old member is dead; and only one transaction for both can promise that nothing
is lost and nothing is stored twice.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import confluent_kafka
import gcn_kafka
from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition

from too_marshal.deployment.errors import OperatorError
from too_marshal.deployment.settings import Settings
from too_marshal.streams.outage import Outage

logger = logging.getLogger(__name__)

GROUP = "too-marshal"
"""Fixed, so that the broker's own view of us is one; no offset is committed to it."""

REFRESH_SECONDS = 30.0
"""Between two looks for topics and partitions that are new."""

_AT_ONCE = 10_000
"""Messages taken over from the consumer in one go, at the most."""


LIST_SECONDS = 10.0
"""For the list of topics, at the most; nothing else is read meanwhile."""

OUTAGE = Outage()
"""Of this process's source: each has a process of its own."""


def _log_error(error: KafkaError) -> None:
    OUTAGE.failed(error.code(), error.str())


COMMON: dict[str, Any] = {
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "error_cb": _log_error,
    "broker.address.family": "v4",
    # What it would print itself, `error_cb` hands to our own log.
    "log_level": 0,
}
"""What every consumer of ours has in common."""


def every_message(_: confluent_kafka.Message) -> bool:
    """Want them all."""
    return True


@dataclass(frozen=True)
class Arrived:
    """One Kafka message."""

    topic: str
    """Where it came."""

    partition: int
    """In which partition."""

    offset: int
    """At which place."""

    value: bytes
    """The notice, word for word."""


class NoStream(OperatorError):
    """The settings name no source of notices."""


def open_consumer(settings: Settings) -> confluent_kafka.Consumer:
    """Consumer of the General Coordinates Network, or of the broker that the settings name.

    Raises
    ------
    NoStream
        If neither credentials nor a broker are set.
    """
    common = {**COMMON, "group.id": GROUP}
    if settings.kafka_bootstrap:
        plain = {"bootstrap.servers": settings.kafka_bootstrap, "security.protocol": "plaintext"}
        return gcn_kafka.Consumer({**common, **plain, "fetch.wait.max.ms": 100})
    if not settings.kafka_client_id:
        raise NoStream("no source of notices: set TOO_KAFKA_CLIENT_ID and TOO_KAFKA_CLIENT_SECRET")
    return gcn_kafka.Consumer(
        common,
        client_id=settings.kafka_client_id,
        client_secret=settings.kafka_client_secret,
        domain=settings.kafka_domain,  # type: ignore[arg-type]  # any stage may be set
    )


def cluster_name(settings: Settings) -> str:
    """Name under which the offsets of this source are kept."""
    return settings.kafka_cluster or settings.kafka_bootstrap or settings.kafka_domain


def arrived(message: confluent_kafka.Message) -> Arrived:
    """Give what is needed of a message that is no error."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return Arrived(topic, partition, offset, message.value() or b"")


def consumed(
    consumer: confluent_kafka.Consumer, most: int, timeout: float
) -> Iterator[confluent_kafka.Message]:
    """Give the messages that have come, and note the errors among them.

    Parameters
    ----------
    consumer
        Of some partitions.
    most
        Messages, at the most.
    timeout
        Seconds to wait until there are so many.
    """
    for message in consumer.consume(most, timeout):
        error = message.error()
        if error is None:
            OUTAGE.works()
            yield message
        # An error's value is its text: it is never what was sent.
        elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            OUTAGE.failed((error.code(), message.topic()), f"{message.topic()}: {error.str()}")


def topics_at(consumer: confluent_kafka.Consumer) -> dict[str, Any]:
    """What the brokers say of each topic that they have; nothing where they do not answer."""
    try:
        return dict(consumer.list_topics(timeout=LIST_SECONDS).topics)
    except KafkaException as err:
        OUTAGE.failed("topics", f"no list of topics ({err.args[0].str()})")
        return {}


class WaitingRoom:
    """Messages between the consumer and the database: a storm on one topic holds up no other.

    They are lost with the process, and read again: the offset moves when they are stored.
    """

    MAX_SIZE = 64 << 20
    """Bytes; once more wait, no more are taken in."""

    def __init__(self) -> None:
        self._topics: dict[str, deque[Arrived]] = {}
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._topics)

    @property
    def is_full(self) -> bool:
        """Whether so much waits that no more should be taken in."""
        return self._bytes >= self.MAX_SIZE

    def add(self, message: Arrived) -> None:
        """Let a message wait behind the others of its topic."""
        self._topics.setdefault(message.topic, deque()).append(message)
        self._bytes += len(message.value)

    def take(self, most: int) -> list[Arrived]:
        """Messages in turn from each topic, in order within a topic."""
        taken: list[Arrived] = []
        while self._topics and len(taken) < most:
            topic, waiting = next(iter(self._topics.items()))
            taken.append(waiting.popleft())
            del self._topics[topic]
            if waiting:
                self._topics[topic] = waiting  # to the end of the row
        self._bytes -= sum(len(message.value) for message in taken)
        return taken


class Subscription:
    """The wanted topics' partitions, assigned from offsets that the caller keeps."""

    def __init__(
        self,
        consumer: confluent_kafka.Consumer,
        topics: Sequence[str],
        next_offset: Callable[[str, int], int | None],
        *,
        refresh_seconds: float = REFRESH_SECONDS,
        is_wanted: Callable[[confluent_kafka.Message], bool] = every_message,
    ) -> None:
        """Watch `topics`.

        Parameters
        ----------
        consumer
            Open consumer.
        topics
            Names; one that does not exist yet is taken up once it does.
        next_offset
            Tells where to read on in a topic's partition; None for its beginning.
        refresh_seconds
            Between two looks for new partitions.
        is_wanted
            Which messages are taken; the others are passed over.
        """
        self._consumer = consumer
        self._topics = frozenset(topics)
        self._next_offset = next_offset
        self._refresh_seconds = refresh_seconds
        self._is_wanted = is_wanted
        self._assigned: set[tuple[str, int]] = set()
        self._waiting = WaitingRoom()
        self._looked_at = -float("inf")

    @property
    def partitions(self) -> int:
        """How many partitions are being read."""
        return len(self._assigned)

    def take(self, most: int, timeout: float) -> list[Arrived]:
        """Messages that have arrived, in order within each partition, every topic in its turn.

        Parameters
        ----------
        most
            No more than this.
        timeout
            Seconds to wait for the first; then an empty list.
        """
        self._look_for_partitions()
        if not self._assigned:
            time.sleep(min(timeout, 1.0))  # nothing to wait on yet
            return []
        if not self._waiting:
            self._fetch(1, timeout)
        # All that is at hand: behind a thousand of one stream the alert of another may stand.
        if not self._waiting.is_full:
            self._fetch(_AT_ONCE, 0)
        return self._waiting.take(most)

    def _fetch(self, most: int, timeout: float) -> None:
        for message in consumed(self._consumer, most, timeout):
            if self._is_wanted(message):
                self._waiting.add(arrived(message))

    def _look_for_partitions(self) -> None:
        if time.monotonic() - self._looked_at < self._refresh_seconds:
            return
        self._looked_at = time.monotonic()
        known = topics_at(self._consumer)
        partitions = {
            (name, partition)
            for name in self._topics & known.keys()
            for partition in known[name].partitions
        }
        fresh = sorted(partitions - self._assigned)
        if fresh:
            self._consumer.incremental_assign(
                [
                    TopicPartition(name, partition, self._start(name, partition))
                    for name, partition in fresh
                ]
            )
            self._assigned |= set(fresh)
            logger.info(
                "reading %d partitions of %d topics", len(self._assigned), len(self._topics)
            )

    def _start(self, topic: str, partition: int) -> int:
        stored = self._next_offset(topic, partition)
        return OFFSET_BEGINNING if stored is None else stored

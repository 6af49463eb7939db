"""Listen to a stream of notices for as long as the process lives."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import confluent_kafka
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from too_marshal.db.heartbeats import BEAT_SECONDS, beat
from too_marshal.db.stream_positions import positions_in
from too_marshal.deployment.settings import Settings
from too_marshal.notices.registry import DEFAULT_TOPICS, URGENT_TOPICS
from too_marshal.streams.kafka import (
    Arrived,
    Subscription,
    cluster_name,
    every_message,
    open_consumer,
)
from too_marshal.streams.scimma import CLUSTER, is_wanted, open_scimma_consumer, scimma_topics
from too_marshal.workflows.intake.ingest import BATCH_SIZE, Message, keep, process_notices
from too_marshal.workflows.intake.reprocess import left_unread

logger = logging.getLogger(__name__)

HEARTBEAT_TOPIC = "gcn.heartbeat"
"""One message a second, of no content: it shows that the stream lives, and is not stored."""

MAX_WAITING = 20_000
"""Notices kept ahead of understanding, at the most."""


@dataclass(frozen=True)
class Source:
    """A Kafka cluster to listen to."""

    cluster: str
    """Name under which its offsets are kept."""

    topics: tuple[str, ...]
    """What to read there."""

    connect: Callable[[], confluent_kafka.Consumer]
    """Opens a consumer."""

    suffix: str = ""
    """Of the names of its heartbeats."""

    takes_leftovers: bool = True
    """Whether it understands what a stop left unread; one listener should."""

    is_wanted: Callable[[confluent_kafka.Message], bool] = every_message
    """Which messages count."""


def gcn(settings: Settings) -> Source:
    """Give the General Coordinates Network, or the broker that the settings name in its place."""
    topics = (*settings.topics(DEFAULT_TOPICS), HEARTBEAT_TOPIC)
    return Source(cluster_name(settings), topics, lambda: open_consumer(settings))


def scimma(settings: Settings) -> Source:
    """Give SCiMMA: by its offsets, its heartbeats and its process apart from GCN."""
    return Source(
        CLUSTER,
        scimma_topics(settings),
        lambda: open_scimma_consumer(settings),
        suffix="-scimma",
        takes_leftovers=False,
        is_wanted=is_wanted,
    )


def listen(
    source: Source,
    sessions: sessionmaker[Session],
    stop: threading.Event,
    *,
    refresh_seconds: float = 30.0,
) -> None:
    """Store and interpret every notice that arrives, until `stop` is set.

    A database that fails is waited for; the messages of the failed transaction are read again.

    Parameters
    ----------
    source
        Which cluster, which topics.
    sessions
        Makes sessions.
    stop
        Ends the loop within a second.
    refresh_seconds
        Between two looks for new topics.
    """
    while not stop.is_set():
        consumer = source.connect()
        try:
            backlog = _left(sessions) if source.takes_leftovers else Backlog()
            subscription = Subscription(
                consumer,
                source.topics,
                positions_in(sessions, source.cluster),
                refresh_seconds=refresh_seconds,
                is_wanted=source.is_wanted,
            )
            _read(subscription, sessions, source, stop, backlog)
        except OperationalError as err:
            logger.warning("the database failed, starting over: %s", str(err.orig).splitlines()[0])
            stop.wait(2.0)
        finally:
            consumer.close()


def _left(sessions: sessionmaker[Session]) -> Backlog:
    """What a stop has left unread. It waits as new notices do: an alert of now goes first."""
    backlog = Backlog()
    with sessions() as session:
        for notice_id, topic in left_unread(session, MAX_WAITING):
            backlog.add(topic, notice_id)
    if backlog:
        logger.info("%d notices that a stop had left unread", len(backlog))
    return backlog


def _read(
    subscription: Subscription,
    sessions: sessionmaker[Session],
    source: Source,
    stop: threading.Event,
    backlog: Backlog,
) -> None:
    beaten = -float("inf")
    heard = False
    while not stop.is_set():
        arrived = subscription.take(BATCH_SIZE, timeout=0.0 if backlog else 0.5)
        heard = heard or bool(arrived)
        notices = [arrival for arrival in arrived if arrival.topic != HEARTBEAT_TOPIC]
        with sessions() as session:
            if notices:
                for arrival, notice_id in zip(
                    notices, _store(session, source.cluster, notices), strict=True
                ):
                    backlog.add(arrival.topic, notice_id)
            # While full batches keep coming, keeping them goes before understanding them.
            if backlog.is_urgent or len(arrived) < BATCH_SIZE or len(backlog) > MAX_WAITING:
                process_notices(session, backlog.take(BATCH_SIZE))
        if time.monotonic() - beaten > BEAT_SECONDS:
            with sessions() as session:
                partitions = f"{subscription.partitions} partitions"
                beat(session, f"listener{source.suffix}", partitions)
                if heard:
                    beat(session, f"stream{source.suffix}", source.cluster)
                session.commit()
            beaten, heard = time.monotonic(), False


class Backlog:
    """Notices that are kept and not yet understood; what cannot wait comes first."""

    def __init__(self) -> None:
        self._urgent: deque[int] = deque()
        self._other: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._other)

    @property
    def is_urgent(self) -> bool:
        """Whether something in it cannot wait."""
        return bool(self._urgent)

    def add(self, topic: str | None, notice_id: int) -> None:
        """Add a stored notice."""
        queue = self._urgent if topic in URGENT_TOPICS else self._other
        queue.append(notice_id)

    def take(self, most: int) -> list[int]:
        """Remove and return the next: the urgent ones alone where there are any."""
        queue = self._urgent or self._other
        return [queue.popleft() for _ in range(min(most, len(queue)))]


def _store(session: Session, cluster: str, arrived: Sequence[Arrived]) -> list[int]:
    messages = [
        Message(arrival.value, "kafka", arrival.topic, cluster, arrival.partition, arrival.offset)
        for arrival in arrived
    ]
    return [notice_id for notice_id, _ in keep(session, messages)]

"""Listen to a stream of alert packets for as long as the process lives."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from confluent_kafka import KafkaException
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from counterparts.archive.errors import BatchRefused
from counterparts.packets.alert import PacketInvalid
from counterparts.packets.read import Found, read_packets
from too_marshal import failpoints
from too_marshal.db.heartbeats import BEAT_SECONDS, beat
from too_marshal.db.stream_positions import move_positions, positions_in
from too_marshal.deployment.alert_sources import AlertSource
from too_marshal.streams.alert_packets import AlertStream
from too_marshal.streams.kafka import Arrived
from too_marshal.workflows.counterparts.live_maps import LiveMaps
from too_marshal.workflows.counterparts.quarantine import Unread, quarantine
from too_marshal.workflows.counterparts.take import Packet, Taken, take

logger = logging.getLogger(__name__)

BATCH = 2000
"""Packets that are taken in one transaction, at the most: some 160 MB."""

WAIT_SECONDS, RETRY_SECONDS = 0.5, 2.0
"""For a batch to fill; and after the database or the disk has failed."""


def cluster_of(source: AlertSource) -> str:
    """Name under which the offsets of a source are kept, apart from those of notices."""
    return f"alerts:{source.name}"


def listen(
    source: AlertSource, sessions: sessionmaker[Session], folder: Path, stop: threading.Event
) -> None:
    """Take in every packet that arrives, until `stop` is set.

    A database, a disk or a connection that fails is waited for; the packets of the failed batch are
    read again.

    Parameters
    ----------
    source
        Where packets come from.
    sessions
        Makes sessions.
    folder
        The data folder, which all processes of a deployment share.
    stop
        Ends the loop within seconds.
    """
    positions = positions_in(sessions, cluster_of(source))
    while not stop.is_set():
        try:
            with closing(AlertStream(source, positions)) as stream:
                _read(stream, source, sessions, folder, stop)
        except OperationalError as err:
            reason = f"the database failed: {str(err.orig).splitlines()[0]}"
        except OSError as err:
            reason = f"alerts cannot be written: {err.strerror}"
        except KafkaException as err:
            reason = f"Kafka: {err.args[0].str()}"
        else:
            return
        logger.warning("%s: %s; starting over", source.name, reason)
        stop.wait(RETRY_SECONDS)


def _read(
    stream: AlertStream,
    source: AlertSource,
    sessions: sessionmaker[Session],
    folder: Path,
    stop: threading.Event,
) -> None:
    maps = LiveMaps()
    beaten, seen = -float("inf"), 0
    while not stop.is_set():
        messages = stream.take(BATCH, WAIT_SECONDS)
        if messages:
            with sessions() as session:
                seen += take_in(session, source, messages, maps, folder).seen
        if time.monotonic() - beaten > BEAT_SECONDS:
            detail = f"{stream.partitions} partitions, {seen} alerts since its start"
            with sessions() as session:
                beat(session, f"alerts-{source.name}", detail)
                session.commit()
            beaten = time.monotonic()


def take_in(
    session: Session,
    source: AlertSource,
    messages: Sequence[Arrived],
    maps: LiveMaps,
    folder: Path,
) -> Taken:
    """Take in a batch, set aside what cannot be read, and move on, in one transaction.

    Parameters
    ----------
    session
        Open session; committed.
    source
        Where they come from.
    messages
        In order within each partition.
    maps
        The maps that were read for earlier batches.
    folder
        The data folder.
    """
    packets, unread = _packets(messages)
    done, refused = _taken(session, packets, maps, folder)
    quarantine(session, folder, source.name, [*unread, *refused])
    move_positions(
        session,
        cluster_of(source),
        {(each.topic, each.partition): each.offset + 1 for each in messages},
    )
    failpoints.hit("before_alerts_commit")
    session.commit()
    failpoints.hit("after_alerts_commit")
    return done


Read = tuple[Arrived, Packet]


def _packets(messages: Sequence[Arrived]) -> tuple[list[Read], list[Unread]]:
    packets, unread = [], []
    for message in messages:
        for found in _found(message.value):
            if isinstance(found, PacketInvalid):
                unread.append(Unread(message, str(found)))
            else:
                packets.append((message, Packet(found, message.value)))
    return packets, unread


def _found(data: bytes) -> list[Found]:
    try:
        # Histories and cutouts stay in the bytes, which are kept where they matter.
        return list(read_packets(data, prefix=True))
    except Exception as err:  # else one packet stops all that come after it
        logger.exception("a reader failed on a packet")
        return [PacketInvalid(f"Its reader failed: {type(err).__name__}.")]


def _taken(
    session: Session, packets: Sequence[Read], maps: LiveMaps, folder: Path
) -> tuple[Taken, list[Unread]]:
    """Take a batch; of one that archive or database refuses, every half, down to the packet."""
    try:
        with session.begin_nested():
            return take(session, [packet for _, packet in packets], maps, folder), []
    except (BatchRefused, DataError) as err:
        if len(packets) == 1:
            ((message, _),) = packets
            told = str(err.orig if isinstance(err, DataError) else err).splitlines()[0]
            return Taken(0, 0, 0), [Unread(message, told)]
    middle = len(packets) // 2
    first, refused = _taken(session, packets[:middle], maps, folder)
    second, others = _taken(session, packets[middle:], maps, folder)
    together = Taken(first.seen + second.seen, first.kept + second.kept, first.new + second.new)
    return together, [*refused, *others]

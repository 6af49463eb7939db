"""Listening: offsets of our own, topics that come late, a database that goes away."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import confluent_kafka
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from tests.too_marshal import alerts
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.notices import Heartbeat, ReceivedNotice, StreamPosition
from too_marshal.deployment.settings import Settings
from too_marshal.streams.kafka import NoStream, open_consumer
from too_marshal.workflows.intake import listen as module
from too_marshal.workflows.intake.listen import HEARTBEAT_TOPIC, gcn, listen

LVK = "igwn.gwalert"


@pytest.fixture
def broker() -> Iterator[confluent_kafka.Producer]:
    """A producer that hosts librdkafka's mock cluster."""
    host = confluent_kafka.Producer(
        {"test.mock.num.brokers": 1, "message.max.bytes": 8_000_000, "log_level": 0}
    )
    yield host
    host.flush(1)


@pytest.fixture
def settings(broker, database_url) -> Settings:
    brokers = broker.list_topics(timeout=10).brokers.values()
    return Settings(
        database_url=database_url,
        kafka_bootstrap=",".join(f"{item.host}:{item.port}" for item in brokers),
        kafka_cluster="test",
        kafka_topics=f"{LVK},gcn.notices.not.there",
    )


@pytest.fixture
def listening(settings, engine) -> Iterator[Callable[[], Callable[[], None]]]:
    """Starts a listener; returns what stops it."""
    stops = []

    def start() -> Callable[[], None]:
        stop = threading.Event()
        thread = threading.Thread(
            target=listen,
            args=(gcn(settings), session_factory(engine), stop),
            kwargs={"refresh_seconds": 0.2},
        )
        thread.start()

        def end() -> None:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()

        stops.append(end)
        return end

    yield start
    for end in stops:
        end()


def send(broker: confluent_kafka.Producer, payload: bytes, topic: str = LVK) -> None:
    broker.produce(topic, payload, partition=0)
    assert broker.flush(10) == 0


def count(engine) -> int:
    with session_factory(engine)() as session:
        return session.scalar(select(func.count(ReceivedNotice.id))) or 0


def wait_for(condition: Callable[[], object], seconds: float = 300.0) -> None:
    tick = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        tick.wait(0.05)
    raise AssertionError("it did not happen in time")


def test_what_came_before_the_first_start_is_read(broker, listening, engine):
    send(broker, alerts.lvk("S1a"))
    listening()
    wait_for(lambda: count(engine) == 1)


def test_a_restart_reads_on_where_the_last_one_stopped(broker, listening, engine):
    end = listening()
    send(broker, alerts.lvk("S1a"))
    wait_for(lambda: count(engine) == 1)
    end()
    send(broker, alerts.lvk("S1b"))
    with session_factory(engine)() as session:
        position = session.get_one(StreamPosition, ("test", LVK, 0))
        assert position.next_offset == 1
        received = session.scalar(select(ReceivedNotice.received_at))
    listening()
    wait_for(lambda: count(engine) == 2)
    with session_factory(engine)() as session:
        # The first was not read again.
        assert session.scalars(
            select(ReceivedNotice.received_at).order_by(ReceivedNotice.id)
        ).first() == (received)


def test_a_topic_that_appears_later_is_taken_up(broker, listening, engine):
    listening()
    send(broker, json.dumps({"alert_datetime": "x"}).encode(), HEARTBEAT_TOPIC)
    send(broker, b'{"a": 1}', "gcn.notices.not.there")
    wait_for(lambda: count(engine) == 1)


def test_heartbeats_are_noted_and_not_stored(broker, listening, engine, monkeypatch):
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.1)
    send(broker, json.dumps({"alert_datetime": "x"}).encode(), HEARTBEAT_TOPIC)
    listening()

    def stream() -> Heartbeat | None:
        with session_factory(engine)() as session:
            return session.get(Heartbeat, "stream")

    wait_for(stream)
    assert count(engine) == 0


def test_a_broker_that_begins_anew_is_read_from_its_beginning(broker, listening, engine):
    """It has no message of the number that was stored: what it has is read, and not skipped."""
    with session_factory(engine)() as session:
        session.add(StreamPosition(cluster="test", topic=LVK, partition=0, next_offset=1000))
        session.commit()
    send(broker, alerts.lvk("S1a"))
    listening()
    wait_for(lambda: count(engine) == 1)
    send(broker, alerts.lvk("S1b"))
    wait_for(lambda: count(engine) == 2)
    with session_factory(engine)() as session:
        assert session.get_one(StreamPosition, ("test", LVK, 0)).next_offset == 2


@pytest.mark.parametrize(
    "failure",
    [
        "SELECT pg_terminate_backend(pg_backend_pid())",
        # What PostgreSQL says when its disk is full.
        "DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
    ],
    ids=("cut off", "disk full"),
)
def test_a_database_that_fails_is_waited_for_and_nothing_is_lost(
    broker, listening, engine, monkeypatch, failure
):
    real, failures = module.keep, []

    def failing(session, messages):
        if len(failures) < 2:
            failures.append(1)
            session.execute(text(failure))
        return real(session, messages)

    monkeypatch.setattr(module, "keep", failing)
    listening()
    send(broker, alerts.lvk("S1a"))
    wait_for(lambda: count(engine) == 1)
    assert len(failures) == 2


def test_a_database_that_never_was(settings):
    stop = threading.Event()
    sessions = session_factory(open_engine("postgresql://nobody@127.0.0.1:9/none"))
    thread = threading.Thread(target=listen, args=(gcn(settings), sessions, stop))
    thread.start()
    stop.set()
    thread.join(20)
    assert not thread.is_alive(), "it stops when told to, whatever the database"
    with pytest.raises(OperationalError), sessions() as session:
        session.execute(text("SELECT 1"))


def test_without_a_stream_it_says_what_to_set():
    with pytest.raises(NoStream, match="TOO_KAFKA_CLIENT_ID"):
        open_consumer(Settings())

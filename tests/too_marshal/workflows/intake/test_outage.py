"""Kafka is gone for an hour, and comes back: told in few lines, shown, and caught up in order."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import confluent_kafka
import pytest
from sqlalchemy import select

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_person
from tests.too_marshal.proxies import KafkaProxy
from tests.too_marshal.workflows.intake.test_listen import (
    LVK,
    broker,
    count,
    send,
    wait_for,
)
from too_marshal.app import create_app
from too_marshal.clock import kept_by
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import session_factory
from too_marshal.db.notices import Heartbeat, ReceivedNotice, StreamPosition
from too_marshal.deployment.settings import Settings
from too_marshal.streams import kafka
from too_marshal.streams.outage import FLAP_SECONDS, REMIND_SECONDS, Outage
from too_marshal.web.health import STALE_SECONDS
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.intake import listen as module
from too_marshal.workflows.intake.listen import HEARTBEAT_TOPIC, gcn, listen

__all__ = ["broker"]

OTHER = "gcn.notices.not.there"
OTHERS = 15

ATTEMPTS = 360
"""In an hour: librdkafka waits ten seconds at the most between two."""


class Stream(NamedTuple):
    broker: confluent_kafka.Producer
    proxy: KafkaProxy


@pytest.fixture
def proxy(broker: confluent_kafka.Producer) -> Iterator[KafkaProxy]:
    (server,) = broker.list_topics(timeout=10).brokers.values()
    proxy = KafkaProxy((server.host, server.port))
    yield proxy
    proxy.close()


@pytest.fixture
def settings(proxy: KafkaProxy, database_url: str, tmp_path) -> Settings:
    return Settings(
        database_url=database_url,
        data_dir=tmp_path,
        kafka_bootstrap=proxy.address,
        kafka_cluster="test",
        kafka_topics=f"{LVK},{OTHER}",
    )


@pytest.fixture
def stream(broker: confluent_kafka.Producer, proxy: KafkaProxy) -> Stream:
    """Both ends of the way that is cut."""
    return Stream(broker, proxy)


@pytest.fixture
def kept(settings: Settings, engine, monkeypatch) -> Iterator[list[tuple[str, int]]]:
    """A listener, in a compressed time; topic and offset of all that it hands to the database."""
    kept: list[tuple[str, int]] = []
    real = module.keep

    def noting(session, messages):
        kept.extend((message.topic, message.offset) for message in messages)
        return real(session, messages)

    monkeypatch.setattr(module, "keep", noting)
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(kafka, "LIST_SECONDS", 0.5)
    monkeypatch.setattr(kafka, "OUTAGE", Outage())
    quick = {"reconnect.backoff.ms": 5, "reconnect.backoff.max.ms": 10}
    monkeypatch.setattr(kafka, "COMMON", {**kafka.COMMON, **quick})
    stop = threading.Event()
    thread = threading.Thread(
        target=listen,
        args=(gcn(settings), session_factory(engine), stop),
        kwargs={"refresh_seconds": 1.0},
    )
    thread.start()
    yield kept
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def heard_at(engine):
    with session_factory(engine)() as session:
        return session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == "stream"))


def heard_in_the_end(engine, proxy: KafkaProxy):
    """When the stream was heard last, once what had come through is dealt with."""
    while True:
        last, tried = heard_at(engine), proxy.refused
        # Longer than a list of topics is waited for: what was heard before is noted after it.
        wait_for(lambda tried=tried: proxy.refused >= tried + 150)
        if heard_at(engine) == last:
            return last


def test_an_hour_without_kafka(stream: Stream, kept, settings, engine, caplog):
    broker, proxy = stream
    beats = itertools.count()

    def beat() -> None:
        send(broker, b'{"alert_datetime": "%d"}' % next(beats), HEARTBEAT_TOPIC)

    # The mock broker forgets what is beyond five megabytes, as a real one does after days.
    alerted = [alerts.lvk(f"S1{number}", "RETRACTION") for number in range(23)]
    for payload in alerted[:3]:
        send(broker, payload)
    send(broker, b'{"a": 0}', OTHER)
    beat()
    wait_for(lambda: count(engine) == 4)
    wait_for(lambda: heard_at(engine))

    with caplog.at_level(logging.INFO, logger="too_marshal.streams"):
        proxy.off()
        last = heard_in_the_end(engine, proxy)
        for payload in alerted[3:]:
            send(broker, payload)
            beat()
        for number in range(1, OTHERS):
            send(broker, b'{"a": %d}' % number, OTHER)
        wait_for(lambda: proxy.refused >= ATTEMPTS)
        assert heard_at(engine) == last
        assert count(engine) == 4
        # Not what a connection of another test may say, which goes on trying beside.
        own = [each for each in caplog.records if each.name.startswith("too_marshal.streams")]
        told = [each.getMessage() for each in own if each.levelno >= logging.WARNING]
        assert 1 <= len(told) <= 5, told

        app = create_app(settings, engine)
        with session_factory(engine)() as session:
            value = open_session(session, add_person(session, "ann", Role.VIEWER))
        client = app.test_client()
        client.set_cookie("toom_session", value)
        for seconds, level in (
            (STALE_SECONDS - 1, "green"), (STALE_SECONDS + 1, "amber"), (3600, "red"),
        ):  # fmt: skip
            with kept_by(lambda seconds=seconds: last + timedelta(seconds=seconds)):
                page = client.get("/").text
                assert f'id="stream" class="tag tag-{level}"' in page
                assert ("stream stale" in page) == (level != "green")
                health = client.get("/healthz").get_json()
                assert health["parts"]["stream"] == level
                assert health["status"] == ("ok" if level == "green" else "degraded")

        proxy.on()
        beat()
        wait_for(lambda: count(engine) == len(alerted) + OTHERS)
        wait_for(lambda: heard_at(engine) > last)
        lines = [each.getMessage() for each in caplog.records]
        assert sum("heard again" in line for line in lines) == 1

    assert [offset for topic, offset in kept if topic == LVK] == list(range(len(alerted)))
    assert [offset for topic, offset in kept if topic == OTHER] == list(range(OTHERS))
    with session_factory(engine)() as after:
        query = select(ReceivedNotice.payload).where(ReceivedNotice.topic == LVK)
        stored = after.scalars(query.order_by(ReceivedNotice.id)).all()
        assert stored == alerted
        assert after.get_one(StreamPosition, ("test", LVK, 0)).next_offset == len(alerted)
    with kept_by(lambda: heard_at(engine) + timedelta(seconds=1)):
        assert 'id="stream" class="tag tag-green"' in client.get("/").text


def lines_of(caplog) -> list[str]:
    return [each.getMessage() for each in caplog.records]


def test_an_outage_is_told_once_then_now_and_then_then_its_end(caplog):
    time = itertools.count(0.0, 10.0)
    present = [next(time)]
    outage = Outage(lambda: present[0])
    with caplog.at_level(logging.INFO):
        for _ in range(360):
            outage.failed("refused", "connection refused")
            outage.failed("down", "all brokers are down")
            present[0] = next(time)
        outage.works()
        outage.works()
    lines = lines_of(caplog)
    assert len(lines) == 2 * (3600 / REMIND_SECONDS) + 1
    assert lines[0] == "Kafka: connection refused; it is tried again and again"
    assert "still connection refused; nothing heard for 30 min" in lines[2]
    assert lines[-1] == "Kafka: heard again after 3600 s and 720 failures"
    caplog.clear()
    outage.failed("refused", "connection refused")
    assert len(lines_of(caplog)) == 1, "the next outage is another"


def test_a_stream_that_comes_and_goes_is_told_of_once_a_minute(caplog):
    present = [0.0]
    outage = Outage(lambda: present[0])
    with caplog.at_level(logging.INFO):
        for _ in range(600):
            outage.failed("refused", "connection refused")
            outage.works()
            present[0] += 1.0
    assert len(lines_of(caplog)) == 2 * 600 / FLAP_SECONDS


def test_different_failures_are_told_apart(caplog):
    outage = Outage(lambda: 0.0)
    with caplog.at_level(logging.INFO):
        outage.failed(1, "no such host")
        outage.failed(2, "authentication failed")
        outage.failed(1, "no such host")
    assert [line.split(";")[0] for line in lines_of(caplog)] == [
        "Kafka: no such host",
        "Kafka: authentication failed",
    ]

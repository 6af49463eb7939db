"""SCiMMA beside GCN: its own credentials, its own offsets, and each alert counts once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka
import pytest
from sqlalchemy import func, select

from tests.too_marshal.workflows.intake.test_listen import wait_for
from too_marshal.db.base import session_factory
from too_marshal.db.events import Event
from too_marshal.db.notices import Heartbeat, NoticeState, ReceivedNotice, StreamPosition
from too_marshal.deployment.settings import Settings
from too_marshal.streams.kafka import NoStream
from too_marshal.streams.scimma import CLUSTER, consumer_config, open_scimma_consumer
from too_marshal.workflows.intake.listen import Source, gcn, listen, scimma

LVK = "igwn.gwalert"


def cluster() -> tuple[confluent_kafka.Producer, str]:
    """A producer that hosts a mock cluster, and the cluster's address."""
    host = confluent_kafka.Producer(
        {"test.mock.num.brokers": 1, "message.max.bytes": 8_000_000, "log_level": 0}
    )
    (address,) = host.list_topics(timeout=10).brokers.values()
    return host, f"{address.host}:{address.port}"


@contextmanager
def listening(engine, *sources: Source) -> Iterator[None]:
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=listen,
            args=(source, session_factory(engine), stop),
            kwargs={"refresh_seconds": 0.2},
        )
        for source in sources
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()


def test_an_alert_of_both_counts_once_and_each_has_its_offsets(engine, database_url, corpus: Path):
    by_gcn, gcn_address = cluster()
    by_scimma, scimma_address = cluster()
    settings = Settings(
        database_url=database_url,
        kafka_bootstrap=gcn_address,
        kafka_cluster="gcn",
        kafka_topics=LVK,
        scimma_bootstrap=scimma_address,
    )
    json = (corpus / "notices/lvk/userguide/MS181101ab-initial.json").read_bytes()
    avro = (corpus / "avro/lvk/MS181101ab-initial.avro").read_bytes()
    by_scimma.produce(LVK, b"a test of the transport", headers=[("_test", b"true")], partition=0)
    by_scimma.produce(LVK, avro, headers=[("_format", b"avro")], partition=0)
    by_gcn.produce(LVK, json, partition=0)
    assert by_gcn.flush(10) == by_scimma.flush(10) == 0

    def read() -> int:
        with session_factory(engine)() as session:
            return session.scalar(
                select(func.count()).where(ReceivedNotice.state != NoticeState.RECEIVED)
            )

    with listening(engine, gcn(settings), scimma(settings)):
        wait_for(lambda: read() == 2)
    with session_factory(engine)() as session:
        states = session.scalars(select(ReceivedNotice.state)).all()
        assert sorted(states) == [NoticeState.REPEATED, NoticeState.UNDERSTOOD]
        assert session.scalar(select(func.count(Event.id))) == 1
        assert session.get_one(StreamPosition, ("gcn", LVK, 0)).next_offset == 1
        assert session.get_one(StreamPosition, (CLUSTER, LVK, 0)).next_offset == 2
        assert session.get(Heartbeat, "listener-scimma") is not None


def test_credentials_go_by_scram_over_tls_and_are_hidden():
    settings = Settings(scimma_username="user-1a2b", scimma_password="hush")
    config = consumer_config(settings)
    assert config["bootstrap.servers"] == "kafka.scimma.org:9092"
    assert config["security.protocol"] == "sasl_ssl"
    assert config["sasl.mechanism"] == "SCRAM-SHA-512"
    assert str(config["group.id"]).startswith("user-1a2b-")
    assert "hush" not in repr(settings)
    # librdkafka itself checks that it knows every word of it; nothing is sent before a request.
    open_scimma_consumer(settings).close()


@pytest.mark.parametrize(
    ("values", "words"),
    [({}, "TOO_SCIMMA_USERNAME"), ({"scimma_username": "x"}, "TOO_SCIMMA_PASSWORD is not")],
)
def test_what_is_missing_is_named(values, words):
    with pytest.raises(NoStream, match=words):
        open_scimma_consumer(Settings(**values))

"""Streams of packets: every one is taken once, whoever dies, and none stops those behind it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import confluent_kafka
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from counterparts.archive import conform
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.query import Archive
from tests.counterparts.packets.samples import avro, packet
from tests.too_marshal.fleet import Fleet
from tests.too_marshal.workflows.counterparts.sky import DEC, RA, burst
from tests.too_marshal.workflows.intake.test_listen import broker, wait_for
from too_marshal import failpoints
from too_marshal.db.base import session_factory
from too_marshal.db.counterparts.alerts import KeptAlert
from too_marshal.db.counterparts.quarantine import QuarantinedPacket
from too_marshal.db.events import Event
from too_marshal.db.notices import Heartbeat, StreamPosition
from too_marshal.deployment.alert_sources import AlertSource
from too_marshal.streams import alert_packets
from too_marshal.streams.kafka import Arrived
from too_marshal.workflows.counterparts import listen as module
from too_marshal.workflows.counterparts import quarantine as aside
from too_marshal.workflows.counterparts.archiving import archive_folder
from too_marshal.workflows.counterparts.listen import cluster_of, listen, take_in
from too_marshal.workflows.counterparts.live_maps import LiveMaps, julian_date
from too_marshal.workflows.counterparts.packet_files import packet_path
from too_marshal.workflows.counterparts.quarantine import quarantined_path

__all__ = ["broker"]

TONIGHT, TOMORROW = "ztf_20250101_programid1", "ztf_20250102_programid1"
_numbers = count(1000)


def sent(event: Event, **candidate: object) -> bytes:
    """A packet of ZTF from the middle of the region, soon after the event."""
    number, jd = next(_numbers), julian_date(event.event_time) + 0.1
    place = {"ra": RA, "dec": DEC, "jd": jd, "candid": number, **candidate}
    return avro(packet(place, candid=number, objectId=f"ZTF25{number}"))


def source_at(producer: confluent_kafka.Producer) -> AlertSource:
    brokers = producer.list_topics(timeout=10).brokers.values()
    servers = ",".join(f"{each.host}:{each.port}" for each in brokers)
    return AlertSource("ztf", servers, (r"^ztf_\d{8}_programid1$",))


def produce(producer: confluent_kafka.Producer, topic: str, *values: bytes) -> None:
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=number % 4)
    assert producer.flush(10) == 0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_packets, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)


@contextmanager
def listening(source: AlertSource, engine: Engine, folder: Path) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=listen, args=(source, session_factory(engine), folder, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def counted(engine: Engine, model: type) -> int:
    with session_factory(engine)() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def archived(folder: Path) -> list[str]:
    answer = Archive(archive_folder(folder)).query(Where(), columns=("candid",))
    return sorted(row["candid"] for batch in answer for row in batch.to_pylist())


def test_all_topics_of_a_pattern_are_read_and_what_is_broken_is_set_aside(
    broker, engine: Engine, tmp_path: Path
):
    with session_factory(engine)() as session:
        event = burst(session)
        source, packets = source_at(broker), [sent(event) for _ in range(6)]
        broken = b"Obj\x01 and no more"
        produce(broker, TONIGHT, packets[0], broken, *packets[1:4])
        produce(broker, "another_topic", sent(event))
    with listening(source, engine, tmp_path):
        wait_for(lambda: counted(engine, KeptAlert) == 4)
        produce(broker, TOMORROW, *packets[4:])  # a topic that was not there
        wait_for(lambda: counted(engine, KeptAlert) == 6)
        wait_for(lambda: counted(engine, QuarantinedPacket) == 1)
        wait_for(lambda: counted(engine, Heartbeat) == 1)
    with session_factory(engine)() as session:
        kept = list(session.scalars(select(KeptAlert)))
        row = session.scalar(select(QuarantinedPacket))
        positions = session.scalars(select(StreamPosition)).all()
    assert {packet_path(tmp_path, each.packet_sha256).read_bytes() for each in kept} == set(packets)
    assert archived(tmp_path) == sorted(each.candid for each in kept)
    assert (row.source, row.topic, row.partition, row.position) == ("ztf", TONIGHT, 1, 0)
    assert row.reason
    path = quarantined_path(tmp_path, "ztf", TONIGHT, 1, 0)
    assert path.read_bytes() == broken
    assert {each.cluster for each in positions} == {cluster_of(source)}
    assert sum(each.next_offset for each in positions) == 7
    # Who comes later reads on from there.
    seen: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            module, "take_in", lambda *given: seen.append(len(given[2])) or take_in(*given)
        )
        produce(broker, TOMORROW, packets[0])
        with listening(source, engine, tmp_path):
            wait_for(lambda: seen)
    assert sum(seen) == 1
    assert counted(engine, KeptAlert) == 6


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("", {}, Exception("gone")),
        OSError(28, "disk full"),
        confluent_kafka.KafkaException(confluent_kafka.KafkaError(-195)),
    ],
    ids=("database", "disk", "Kafka"),
)
def test_what_failed_is_taken_again_and_counts_once(
    broker, engine: Engine, tmp_path: Path, failure: Exception
):
    with session_factory(engine)() as session:
        event = burst(session)
        produce(broker, TONIGHT, *(sent(event) for _ in range(9)))
    failures = [failure]

    def fail(name: str) -> None:
        if name == "before_alerts_commit" and failures:
            raise failures.pop()

    with failpoints.watched_by(fail), listening(source_at(broker), engine, tmp_path):
        wait_for(lambda: counted(engine, KeptAlert) == 9)
    assert not failures
    assert len(archived(tmp_path)) == 9


def test_who_is_killed_is_followed_by_who_loses_and_doubles_nothing(
    broker, engine: Engine, database_url: str, tmp_path: Path
):
    with session_factory(engine)() as session:
        event = burst(session)
        produce(broker, TONIGHT, *(sent(event) for _ in range(40)))
    source = source_at(broker)
    file = tmp_path / "sources.toml"
    file.write_text(f"[ztf]\nservers = \"{source.servers}\"\ntopics = ['{source.topics[0]}']\n")
    fleet = Fleet(
        {
            **os.environ,
            "TOO_DATABASE_URL": database_url,
            "TOO_DATA_DIR": str(tmp_path / "data"),
            "TOO_ALERT_SOURCES_FILE": str(file),
        }
    )
    try:
        for number, point in enumerate(("before_alerts_commit", "after_alerts_commit")):
            fleet.add(f"listener {number}", "alerts", "listen", crash_at=point)
        fleet.calm()

        def all_are_there() -> bool:
            fleet.revive()
            return counted(engine, KeptAlert) == 40

        wait_for(all_are_there)
    finally:
        fleet.stop()
    assert fleet.deaths >= 1
    assert len(archived(tmp_path / "data")) == 40
    assert counted(engine, QuarantinedPacket) == 0


def test_several_share_the_partitions(broker, engine: Engine, tmp_path: Path):
    source, shares = source_at(broker), {}
    with session_factory(engine)() as session:
        event = burst(session)
        produce(broker, TONIGHT, *(sent(event) for _ in range(4)))

    def note(stream: alert_packets.AlertStream, *given: object) -> list[Arrived]:
        shares[stream] = stream.partitions
        return ask(stream, *given)

    ask = alert_packets.AlertStream.take
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(alert_packets.AlertStream, "take", note)
        for _ in range(2):
            stack.enter_context(listening(source, engine, tmp_path))
        wait_for(lambda: sorted(shares.values()) == [2, 2])
        produce(broker, TONIGHT, *(sent(event) for _ in range(40)))
        wait_for(lambda: counted(engine, KeptAlert) == 44)
    assert len(archived(tmp_path)) == 44


@pytest.fixture
def taking(session: Session, tmp_path: Path) -> Callable[..., None]:
    """Takes in values as if they came on one partition."""

    def run(*values: bytes, first: int = 0) -> None:
        messages = [Arrived(TONIGHT, 0, first + i, value) for i, value in enumerate(values)]
        take_in(session, AlertSource("ztf", "", ()), messages, LiveMaps(), tmp_path)

    return run


def set_aside(session: Session) -> dict[int, str]:
    rows = session.scalars(select(QuarantinedPacket).order_by(QuarantinedPacket.position))
    return {row.position: row.reason for row in rows}


def test_what_the_archive_refuses_costs_itself(
    session: Session, taking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    event = burst(session)
    # No reader knows yet that this is no time.
    monkeypatch.setattr(conform, "JD_SPAN", (2400000.5, 2470000.5))
    packets = [sent(event), sent(event, jd=2480000.5), *(sent(event) for _ in range(5))]
    taking(*packets)
    assert list(set_aside(session)) == [1]
    assert "no place or time" in set_aside(session)[1]
    assert len(archived(tmp_path)) == 6
    assert session.scalar(select(func.count()).select_from(KeptAlert)) == 6


def test_what_the_database_refuses_costs_itself(session: Session, taking):
    event = burst(session)
    number, jd = next(_numbers), julian_date(event.event_time) + 0.1
    strange = packet({"ra": RA, "dec": DEC, "jd": jd, "candid": number}, candid=number)
    taking(sent(event), avro({**strange, "objectId": "ZTF\0"}), sent(event), sent(event))
    assert list(set_aside(session)) == [1]
    assert "NUL" in set_aside(session)[1]
    assert session.scalar(select(func.count()).select_from(KeptAlert)) == 3


def test_a_reader_that_fails_costs_one_packet(
    session: Session, taking, monkeypatch: pytest.MonkeyPatch
):
    event = burst(session)
    read = module.read_packets

    def fail(data: bytes, **given: bool) -> object:
        if data == b"strange":
            raise ZeroDivisionError
        return read(data, **given)

    monkeypatch.setattr(module, "read_packets", fail)
    taking(sent(event), b"strange", sent(event))
    assert set_aside(session) == {1: "Its reader failed: ZeroDivisionError."}
    assert session.scalar(select(func.count()).select_from(KeptAlert)) == 2


def test_the_same_message_is_set_aside_once(session: Session, taking):
    taking(b"broken", b"too")
    taking(b"broken", b"too")
    assert list(set_aside(session)) == [0, 1]


def test_of_a_flood_of_broken_packets_the_first_are_kept(
    session: Session, taking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(aside, "MAX_A_DAY", 3)
    taking(b"one", b"two")
    taking(b"three", b"four", b"five", first=2)
    assert list(set_aside(session)) == [0, 1, 2, 3, 4]
    stored = select(QuarantinedPacket.is_stored).order_by(QuarantinedPacket.position)
    assert list(session.scalars(stored)) == [True, True, True, False, False]
    paths = [quarantined_path(tmp_path, "ztf", TONIGHT, 0, position) for position in range(5)]
    assert [path.exists() for path in paths] == [True, True, True, False, False]

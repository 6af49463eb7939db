"""A storm of notices through a broker while the listener is killed, and what came of it."""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import confluent_kafka
from sqlalchemy import Engine, text

from tests.too_marshal import alerts
from tests.too_marshal.fleet import Fleet, count
from tests.too_marshal.workflows import messages

CLASSIC = "gcn.classic.voevent."
LIVE_TOPIC = "igwn.gwalert"
TOPICS = (
    LIVE_TOPIC,
    "gcn.circulars",
    *(f"{CLASSIC}FERMI_GBM_{name}_POS" for name in ("FLT", "GND", "FIN")),
    f"{CLASSIC}SWIFT_BAT_GRB_POS_ACK",
)
PER_BURST = 5
"""Notices of one burst: three of GBM, one of Swift, one circular."""

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Storm:
    """What was sent, and what was seen meanwhile."""

    sent_at: dict[str, float] = field(default_factory=dict)
    """Unix time at which each distinct notice was handed over, by SHA-256."""

    repeated: int = 0
    """Messages that were sent a second time."""

    kills: int = 0
    """How often the listener was killed."""

    seconds: float = 0.0
    """From the first message to the last notice understood."""

    sights: list[float] = field(default_factory=list)
    """Seconds from sending a live alert to its event being in the database."""


def notices(number: int) -> Iterator[tuple[str, bytes]]:
    """So many distinct notices with their topics: bursts a quarter of an hour apart."""
    for index in range(number):
        burst, which = divmod(index, PER_BURST)
        time_of_burst = _BEGIN + timedelta(minutes=15 * burst)
        yield _notice(burst, which, f"{time_of_burst:%Y-%m-%dT%H:%M:%S}")


def _notice(burst: int, which: int, iso: str) -> tuple[str, bytes]:
    trigger = 700_000_000 + burst
    if which < 3:
        packet, name = ((111, "FLT"), (112, "GND"), (115, "FIN"))[which]
        payload = alerts.gbm(trigger, packet=packet).replace(b"2026-05-09T06:13:15", iso.encode())
        return f"{CLASSIC}FERMI_GBM_{name}_POS", payload
    if which == 3:
        payload = messages.swift(61, trigger=1_000_000 + burst, time=f"{iso}.00")
        return f"{CLASSIC}SWIFT_BAT_GRB_POS_ACK", payload
    body = f"(trigger {trigger} / 260101{burst % 1000:03d})"
    return "gcn.circulars", messages.circular(50_000 + burst, "GRB: Fermi GBM detection", body)


def blow(
    engine: Engine, fleet: Fleet, bootstrap: str, number: int, *, rate: float, kills: int, live: int
) -> Storm:
    """Send notices at `rate` a second (0: as fast as possible), killing and looking meanwhile.

    Live alerts are sent between the kills, into the storm.
    """
    storm = Storm()
    chance = random.Random(number)
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 2})
    began, before = time.monotonic(), count(engine, "SELECT count(*) FROM notice")
    kill_at = {(2 * n + 1) * number // (2 * kills) for n in range(kills)} if kills else set()
    live_at = {n * number // (live + 1) for n in range(1, live + 1)}
    for index, (topic, payload) in enumerate(notices(number)):
        if rate:
            time.sleep(max(0.0, began + index / rate - time.monotonic()))
        _send(producer, topic, payload, storm)
        if chance.random() < 0.02:
            producer.produce(topic, payload, partition=0)
            storm.repeated += 1
        if index in kill_at:
            producer.flush(30)
            fleet.kill("listener")
            fleet.revive()
            storm.kills += 1
        if index in live_at:
            producer.flush(30)
            storm.sights.append(_see(engine, fleet, producer, storm, index))
        producer.poll(0)
    assert producer.flush(60) == 0
    if not rate:
        storm.sights.append(_see(engine, fleet, producer, storm, number))
    _wait(engine, fleet, before + len(storm.sent_at))
    storm.seconds = time.monotonic() - began
    return storm


def _send(producer, topic: str, payload: bytes, storm: Storm) -> None:
    storm.sent_at[hashlib.sha256(payload).hexdigest()] = time.time()
    producer.produce(topic, payload, partition=0)


def _see(engine: Engine, fleet: Fleet, producer, storm: Storm, index: int) -> float:
    """Send a live alert and wait until its event is there."""
    name = f"S261122{'abcdefghij'[len(storm.sights)]}{'abcdefghij'[index % 10]}"
    moment = datetime.now(UTC)
    payload = alerts.lvk(
        name,
        created=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        skymap=alerts.skymap_fits(order=4),
        time=f"{moment:%Y-%m-%dT%H:%M:%S.000Z}",
    )
    began = time.monotonic()
    _send(producer, LIVE_TOPIC, payload, storm)
    producer.flush(30)
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM event WHERE key = :key")
        while not connection.scalar(query, {"key": name}):
            connection.commit()
            assert time.monotonic() - began < 120, "the live alert is not seen"
            fleet.revive()
            time.sleep(0.02)
    return time.monotonic() - began


def _wait(engine: Engine, fleet: Fleet, wanted: int) -> None:
    deadline = time.monotonic() + 600
    query = "SELECT count(*) FROM notice WHERE state <> 'received'"
    while count(engine, query) < wanted:
        assert time.monotonic() < deadline, f"{count(engine, query)} of {wanted} notices understood"
        fleet.revive()
        time.sleep(0.1)


def delays(engine: Engine, storm: Storm) -> list[float]:
    """Seconds from sending a notice to its being understood and committed, sorted."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT sha256, extract(epoch FROM understood_at) FROM notice")
        ).all()
    return sorted(float(at) - storm.sent_at[sha] for sha, at in rows if sha in storm.sent_at)


def check(engine: Engine, storm: Storm, number: int) -> None:
    """Nothing lost, nothing doubled: notices, events, localizations, timeline and circulars."""
    bursts = -(-number // PER_BURST)
    swifts = (number + 1) // PER_BURST
    live = len(storm.sights)
    located = sum(1 for index in range(number) if index % PER_BURST < 4) + live
    expected = {
        "SELECT count(*) FROM notice": number + live,
        "SELECT count(*) FROM notice WHERE state = 'understood'": number + live,
        "SELECT count(*) FROM notice WHERE event_id IS NULL": 0,
        "SELECT count(*) FROM event WHERE stream = 'fermi_gbm'": bursts,
        "SELECT count(*) FROM event WHERE stream = 'swift'": swifts,
        "SELECT count(*) FROM event": bursts + swifts + live,
        "SELECT count(*) FROM localization WHERE variant = 'own'": located,
        "SELECT count(*) FROM activity WHERE subject = 'notice'": number + live,
    }
    for query, wanted in expected.items():
        assert count(engine, query) == wanted, query


def summary(storm: Storm, late: list[float]) -> str:
    """One line of figures."""
    sights = ", ".join(f"{seconds:.2f}" for seconds in storm.sights)
    return (
        f"{len(storm.sent_at)} notices and {storm.repeated} repeats, {storm.kills} kills,"
        f" {storm.seconds:.0f} s: {len(storm.sent_at) / storm.seconds:.0f} a second;"
        f" sent to understood p50 {statistics.median(late):.2f} s,"
        f" p99 {late[int(0.99 * len(late))]:.2f} s; 0 lost, 0 doubled;"
        f" live alerts seen after {sights} s"
    )

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

READ = "SELECT count(*) FROM notice WHERE state <> 'received'"

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

    Live alerts are sent between the kills, into the storm: after so many notices sent, or, where
    all are sent at once, after so many understood.
    """
    storm = Storm()
    chance = random.Random(number)
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 2})
    scene = _Scene(engine, fleet, producer, storm, _moments(number, kills, live))
    began, before = time.monotonic(), count(engine, "SELECT count(*) FROM notice")
    for index, (topic, payload) in enumerate(notices(number)):
        if rate:
            time.sleep(max(0.0, began + index / rate - time.monotonic()))
            scene.play(index)
        _send(producer, topic, payload, storm)
        if chance.random() < 0.02:
            producer.produce(topic, payload, partition=0)
            storm.repeated += 1
        producer.poll(0)
    assert producer.flush(60) == 0
    deadline = time.monotonic() + 3600
    while (read := count(engine, READ) - before) < len(storm.sent_at) or scene.goes_on:
        assert time.monotonic() < deadline, f"{read} of {len(storm.sent_at)} notices understood"
        fleet.revive()
        scene.play(read)
        time.sleep(0.02)
    storm.seconds = time.monotonic() - began
    return storm


def _moments(number: int, kills: int, live: int) -> list[tuple[int, bool]]:
    """After how many notices something happens, in order: a kill, or else a live alert."""
    kill_at = [((2 * n + 1) * number // (2 * kills), True) for n in range(kills)]
    live_at = [(n * number // (live + 1), False) for n in range(1, live + 1)]
    return sorted(kill_at + live_at)


class _Scene:
    """Kills the listener, and sends live alerts, as the storm goes on."""

    def __init__(
        self, engine: Engine, fleet: Fleet, producer, storm: Storm, moments: list[tuple[int, bool]]
    ) -> None:
        self._engine, self._fleet, self._producer, self._storm = engine, fleet, producer, storm
        self._moments = moments
        self._read_at_kill = -1

    @property
    def goes_on(self) -> bool:
        return bool(self._moments)

    def play(self, index: int) -> None:
        """Do what is due once so many notices are sent, or understood."""
        if not self._moments or index < self._moments[0][0]:
            return
        _, is_kill = self._moments.pop(0)
        self._producer.flush(30)
        self._await_recovery()
        if is_kill:
            self._fleet.kill("listener")
            self._read_at_kill = count(self._engine, READ)
            self._fleet.revive()
            self._storm.kills += 1
        else:
            sight = _see(self._engine, self._fleet, self._producer, self._storm, index)
            self._storm.sights.append(sight)

    def _await_recovery(self) -> None:
        """Wait until the listener that was started last has understood something."""
        deadline = time.monotonic() + 600
        while self._read_at_kill >= (read := count(self._engine, READ)):
            if read >= len(self._storm.sent_at):
                break
            assert time.monotonic() < deadline, "the listener does not come back"
            self._fleet.revive()
            time.sleep(0.02)


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
            assert time.monotonic() - began < 1200, "the live alert is not seen"
            fleet.revive()
            time.sleep(0.02)
    return time.monotonic() - began


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

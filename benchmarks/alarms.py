"""From a notice to a person's telephone while notices come at 50 a second.

The broker is librdkafka's own; listener, workers and clock are the real commands, and the message
goes by the real webhook sender to a server on this machine. Of ten notices one is of an event that
the person wants to know of, one a test alert, and eight are of bursts; all are of this very hour,
so that none waits behind the others by its age. Exit status 1 where a message is lost or doubled.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import confluent_kafka
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_person
from tests.too_marshal.fleet import Fleet, broker, count
from tests.too_marshal.receiver import Receiver, receiving
from too_marshal.db.accounts.people import Role
from too_marshal.db.alarms import Contact
from too_marshal.db.base import open_engine, session_factory
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.alarms.subscriptions import Wanted, subscribe
from too_marshal.workflows.rules.defaults import add_default_rules

TARGET = 5.0
"""Seconds within which 95 % of the messages shall be there."""

LVK = "igwn.gwalert"
GBM = {111: "FLT", 112: "GND", 115: "FIN"}
TOPICS = (LVK, *(f"gcn.classic.voevent.FERMI_GBM_{name}_POS" for name in GBM.values()))
IN_TEN = 10
WANTED = {"streams": ["lvk"], "minimum_classes": {"BNS": 0.5}}
PATIENCE = 180.0
"""Seconds after the last notice until a message that has not come is lost."""

_TIMES = text("""
    SELECT 'too-marshal-' || row.id AS key, extract(epoch FROM min(notice.received_at)) AS received,
           extract(epoch FROM min(notice.understood_at)) AS understood,
           extract(epoch FROM row.created_at) AS asked
    FROM notification AS row JOIN notice ON notice.event_id = row.event_id
    WHERE row.occasion = 'event' GROUP BY row.id
""")


def notices(number: int, skymap: bytes) -> Iterator[tuple[str, bytes]]:
    """So many notices with their topics, as of now."""
    began = datetime.now(UTC)
    for index in range(number):
        moment = datetime.now(UTC)
        created, iso = f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%Y-%m-%dT%H:%M:%S}"
        which = index % IN_TEN
        if which < 2:
            name = f"{'S' if which == 0 else 'MS'}{moment:%y%m%d}{_letters(index // IN_TEN)}"
            yield LVK, alerts.lvk(name, created=created, skymap=skymap, time=f"{iso}.000Z")
            continue
        packet = list(GBM)[index % len(GBM)]
        # Three notices of a burst; bursts half a minute apart are none of one source.
        burst = index // len(GBM)
        at = began - timedelta(seconds=30 * (burst % 100))
        payload = alerts.gbm(800_000_000 + burst, packet=packet)
        payload = payload.replace(b"2026-05-09T06:13:15", f"{at:%Y-%m-%dT%H:%M:%S}".encode())
        yield f"gcn.classic.voevent.FERMI_GBM_{GBM[packet]}_POS", payload


def _letters(number: int) -> str:
    """a, b ... z, aa, ab ..."""
    rest, last = divmod(number, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("a") + last)


def send(bootstrap: str, number: int, rate: float) -> None:
    """Send them evenly."""
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 2})
    began = time.monotonic()
    for index, (topic, payload) in enumerate(notices(number, alerts.skymap_fits(order=4))):
        time.sleep(max(0.0, began + index / rate - time.monotonic()))
        producer.produce(topic, payload, partition=0)
        producer.poll(0)
    assert producer.flush(60) == 0


def subscriber(engine: Engine, receiver: Receiver) -> None:
    """One person who wants to know of neutron stars, by a webhook."""
    with session_factory(engine)() as session:
        add_default_rules(session)
        person = add_person(session, "ann", Role.OBSERVER)
        address = receiver.address("ann")
        session.add(Contact(person_id=person.id, kind="webhook", address=address))
        session.commit()
        subscribe(session, Wanted("neutron stars", WANTED), person=person)


def wait_for(receiver: Receiver, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(receiver.arrived) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)


def delays(engine: Engine, receiver: Receiver) -> NDArray[np.float64]:
    """Seconds from the notice received to understood, asked for and arrived; a row a message."""
    with engine.connect() as connection:
        known = {row.key: row for row in connection.execute(_TIMES)}
    rows = [
        (float(row.understood), float(row.asked), each.at, float(row.received))
        for each in receiver.arrived
        if (row := known.get(each.key)) is not None
    ]
    times = np.array(rows).reshape(-1, 4)
    return times[:, :3] - times[:, 3:]


def summary(delays: NDArray[np.float64]) -> str:
    """What the person waited for, and of that until it was understood and asked for."""
    if not len(delays):
        return "no message"
    understood, asked, arrived = (np.percentile(column, (50, 95, 100)) for column in delays.T)
    figures = "p50 {:.2f} s, p95 {:.2f} s, max {:.2f} s".format
    return (
        f"{len(delays)} messages, from the notice received to its arrival {figures(*arrived)}"
        f" (target p95 {TARGET:g} s); understood after {figures(*understood)}; asked for after"
        f" {figures(*asked)}"
    )


def measure(folder: Path, number: int, rate: float, workers: int) -> bool:
    """Print the figures; whether every message came once."""
    with embedded_database(folder) as url, broker() as bootstrap, receiving() as receiver:
        engine = open_engine(url)
        migrate(engine)
        subscriber(engine, receiver)
        fleet = Fleet(
            {
                **os.environ,
                "TOO_DATABASE_URL": url,
                "TOO_DATA_DIR": str(folder),
                "TOO_KAFKA_BOOTSTRAP": bootstrap,
                "TOO_KAFKA_TOPICS": ",".join(TOPICS),
                "TOO_ALLOW_PRIVATE_ADDRESSES": "yes",
                "OMP_NUM_THREADS": "1",
            }
        )
        try:
            fleet.add("listener", "listen", "--refresh", "0.3")
            for index in range(workers):
                fleet.add(f"worker-{index}", "work")
            fleet.add("clock", "clock")
            deadline = time.monotonic() + PATIENCE
            while count(engine, "SELECT count(*) FROM procrastinate_workers") < 3 * workers:
                assert time.monotonic() < deadline, "the workers do not start"
                time.sleep(0.1)
            send(bootstrap, number, rate)
            wanted = -(-number // IN_TEN)
            wait_for(receiver, wanted)
            waiting = count(engine, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
            figures = summary(delays(engine, receiver))
        finally:
            fleet.stop()
            engine.dispose()
    lost, doubled = wanted - len({each.key for each in receiver.arrived}), receiver.doubled()
    print(
        f"{number} notices at {rate:g} a second, {workers} workers: {figures}; {lost} lost,"
        f" {len(doubled)} doubled; {waiting} jobs waited behind them;"
        f" {os.getloadavg()[0]:.1f} processes wanted the {os.cpu_count()} processors"
    )
    return lost == 0 and not doubled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0, help="notices a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    with tempfile.TemporaryDirectory(prefix="marshal-bench-") as folder:
        number = round(options.rate * options.seconds)
        if not measure(Path(folder), number, options.rate, options.workers):
            raise SystemExit(1)


if __name__ == "__main__":
    main()

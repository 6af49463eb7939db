"""Durable ingest: notices through a broker, the listener and PostgreSQL, per second.

The broker is librdkafka's own, in a process of its own; the listener is the real command. Each
notice counts once it is committed: stored, and then understood with the jobs that it causes.
"""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import Process
from pathlib import Path
from subprocess import Popen

import confluent_kafka
from sqlalchemy import Engine, text

from tests.too_marshal import alerts
from tests.too_marshal.fleet import broker
from too_marshal.db.base import open_engine
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database

TOPIC = "gcn.classic.voevent.FERMI_GBM_GND_POS"
WARMING = 50
"""Notices before the measured ones: the listener has started when they are understood."""

PROCESSED = "state = 'understood'"
PATIENCE = 240.0
"""Seconds until it is given up."""


def produce(bootstrap: str, first: int, n_notices: int) -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
    for index in range(first, first + n_notices):
        producer.produce(TOPIC, alerts.gbm(800_000_000 + index), partition=0)
        producer.poll(0)
    producer.flush(60)


def count(engine: Engine, condition: str = "true") -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM notice WHERE {condition}")) or 0)


class Stuck(Exception):
    """The listener has ended, or nothing has come for too long."""


def timed(engine: Engine, listener: Popen[bytes], wanted: int, condition: str = "true") -> float:
    """Seconds until so many are there."""
    began = time.monotonic()
    while (here := count(engine, condition)) < wanted:
        if listener.poll() is not None or time.monotonic() > began + PATIENCE:
            raise Stuck(f"{here} of {wanted} notices came; the listener: {listener.poll()}")
        time.sleep(0.02)
    return time.monotonic() - began


def processor_seconds(process: Popen[bytes]) -> float:
    """What a process has used so far, in user and kernel mode."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    stored: float
    """Notices stored, a second."""

    processed: float
    """Notices understood, a second."""

    busy: float
    """Processor time of the listener for a notice, s."""


def measure(notices: int, folder: Path) -> Figures:
    with embedded_database(folder) as url, broker() as bootstrap:
        engine = open_engine(url)
        migrate(engine)
        environ = {
            **os.environ,
            "TOO_DATABASE_URL": url,
            "TOO_DATA_DIR": str(folder),
            "TOO_KAFKA_BOOTSTRAP": bootstrap,
            "TOO_KAFKA_TOPICS": TOPIC,
        }
        produce(bootstrap, 0, WARMING)
        listener = Popen(
            [sys.executable, "-m", "too_marshal.cli", "listen", "--refresh", "1"], env=environ
        )
        try:
            timed(engine, listener, WARMING, PROCESSED)
            before = processor_seconds(listener)
            sender = Process(target=produce, args=(bootstrap, WARMING, notices))
            sender.start()
            every = WARMING + notices
            with ThreadPoolExecutor() as both:
                stored = both.submit(timed, engine, listener, every)
                processed = both.submit(timed, engine, listener, every, PROCESSED)
                seconds = stored.result(), processed.result()
            sender.join()
            busy = (processor_seconds(listener) - before) / notices
            return Figures(notices / seconds[0], notices / seconds[1], busy)
        finally:
            listener.terminate()
            listener.wait()
            engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=3000)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    with tempfile.TemporaryDirectory(prefix="marshal-bench-") as folder:
        figures = measure(options.notices, Path(folder))
    print(
        f"{options.notices} notices: {figures.stored:.0f} a second stored durably,"
        f" {figures.processed:.0f} a second understood with the jobs that they cause"
        f" (target 200); {figures.busy * 1e3:.2f} ms of processor time of the listener for each;"
        f" {os.getloadavg()[0]:.1f} processes wanted the {os.cpu_count()} processors"
    )


if __name__ == "__main__":
    main()

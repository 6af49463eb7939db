"""Durable ingest: notices through a broker, the listener and PostgreSQL, per second.

The broker is librdkafka's own, in a process of its own; the listener is the real command. Each
notice counts once it is committed: stored, and then understood with the jobs that it causes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import confluent_kafka
from sqlalchemy import Engine, text

from tests.too_marshal import alerts
from too_marshal.database import migrate
from too_marshal.db.base import open_engine
from too_marshal.embedded import embedded_database

TOPIC = "gcn.classic.voevent.FERMI_GBM_GND_POS"


def produce(bootstrap: str, count: int) -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
    for number in range(count):
        producer.produce(TOPIC, alerts.gbm(800_000_000 + number), partition=0)
        producer.poll(0)
    producer.flush(60)


def count(engine: Engine, condition: str = "true") -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM notice WHERE {condition}")) or 0)


def timed(engine: Engine, wanted: int, condition: str = "true") -> float:
    """Notices a second, from the first that is there to the last."""
    while (first := count(engine, condition)) == 0:
        time.sleep(0.01)
    began = time.monotonic()
    while count(engine, condition) < wanted:
        time.sleep(0.05)
    return (wanted - first) / (time.monotonic() - began)


def rates(notices: int, folder: Path) -> tuple[float, float]:
    """Notices stored, and notices understood, a second."""
    with embedded_database(folder) as url:
        engine = open_engine(url)
        migrate(engine)
        broker = subprocess.Popen(
            [sys.executable, "-m", "too_marshal.cli", "broker"], stdout=subprocess.PIPE, text=True
        )
        assert broker.stdout is not None
        bootstrap = broker.stdout.readline().strip()
        produce(bootstrap, notices)
        environ = {
            **os.environ,
            "TOO_DATABASE_URL": url,
            "TOO_DATA_DIR": str(folder),
            "TOO_KAFKA_BOOTSTRAP": bootstrap,
            "TOO_KAFKA_TOPICS": TOPIC,
        }
        listener = subprocess.Popen(
            [sys.executable, "-m", "too_marshal.cli", "listen", "--refresh", "1"], env=environ
        )
        try:
            with ThreadPoolExecutor() as both:
                stored = both.submit(timed, engine, notices)
                understood = both.submit(timed, engine, notices, "state = 'understood'")
                return stored.result(), understood.result()
        finally:
            for process in (listener, broker):
                process.terminate()
                process.wait()
            broker.stdout.close()
            engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=3000)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    with tempfile.TemporaryDirectory(prefix="marshal-bench-") as folder:
        stored, understood = rates(options.notices, Path(folder))
    print(
        f"{options.notices} notices: {stored:.0f} a second stored durably (target 200),"
        f" {understood:.0f} a second understood, with the jobs that they cause"
    )


if __name__ == "__main__":
    main()

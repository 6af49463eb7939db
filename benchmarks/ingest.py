"""Durable ingest: notices through a broker, the listener and PostgreSQL, per second.

The broker is librdkafka's own, in a process of its own; the listener is the real command. Each
notice is stored, understood and committed with the jobs that it causes before it counts.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
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


def understood(engine: Engine) -> int:
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM notice WHERE state = 'understood'")
        return int(connection.scalar(query) or 0)


def rate(count: int, folder: Path) -> tuple[float, float]:
    """Notices a second, and the 99th percentile of the time from arrival to commit (s)."""
    with embedded_database(folder) as url:
        engine = open_engine(url)
        migrate(engine)
        broker = subprocess.Popen(
            [sys.executable, "-m", "too_marshal.cli", "broker"], stdout=subprocess.PIPE, text=True
        )
        assert broker.stdout is not None
        bootstrap = broker.stdout.readline().strip()
        produce(bootstrap, count)
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
            while understood(engine) == 0:
                time.sleep(0.02)
            began, first = time.monotonic(), understood(engine)
            while (done := understood(engine)) < count:
                time.sleep(0.05)
            seconds = time.monotonic() - began
            with engine.connect() as connection:
                lag = connection.scalar(
                    text(
                        "SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY"
                        " extract(epoch FROM understood_at - received_at)) FROM notice"
                    )
                )
        finally:
            for process in (listener, broker):
                process.terminate()
                process.wait()
            broker.stdout.close()
            engine.dispose()
    return (done - first) / seconds, float(lag)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=3000)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    with tempfile.TemporaryDirectory(prefix="marshal-bench-") as folder:
        per_second, lag = rate(options.notices, Path(folder))
    print(
        f"{options.notices} notices: {per_second:.0f} a second, durable and understood"
        f" (target 200); stored to understood p99 {1000 * lag:.0f} ms"
    )


if __name__ == "__main__":
    main()

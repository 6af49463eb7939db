"""10 000 notices at 50 a second, and 10 000 as fast as possible, with 20 kills of the listener.

The broker is librdkafka's own, in a process of its own; listener, worker and clock are the real
commands. Some notices come twice. A live alert is sent into the storm now and then: it must be
in the database within 2 s, and has its map and plans before the storm's are made.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from tests.too_marshal.fleet import Fleet, broker, count
from tests.too_marshal.storm import TOPICS, blow, check, delays, summary
from too_marshal.db.base import open_engine, session_factory
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.rules.defaults import add_default_rules

WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name <> 'draw'"
PLANNED = """
    SELECT count(DISTINCT event_id) FROM localization JOIN event ON event.id = event_id
    WHERE stream = 'lvk' AND localization.state = 'ready'
"""


def storm(folder: Path, n_notices: int, rate: float, kills: int, live: int) -> None:
    with embedded_database(folder) as url, broker() as bootstrap:
        engine = open_engine(url)
        migrate(engine)
        with session_factory(engine)() as session:
            add_default_rules(session)
            session.commit()
        fleet = Fleet(
            {
                **os.environ,
                "TOO_DATABASE_URL": url,
                "TOO_DATA_DIR": str(folder),
                "TOO_KAFKA_BOOTSTRAP": bootstrap,
                "TOO_KAFKA_TOPICS": ",".join(TOPICS),
                "OMP_NUM_THREADS": "1",
            }
        )
        fleet.add("listener", "listen", "--refresh", "0.3")
        fleet.add("worker", "work", "--concurrency", "1")
        fleet.add("clock", "clock")
        try:
            result = blow(engine, fleet, bootstrap, n_notices, rate=rate, kills=kills, live=live)
            check(engine, result, n_notices)
            print(summary(result, delays(engine, result)), flush=True)
            began = time.monotonic()
            while count(engine, PLANNED) < len(result.sights) and time.monotonic() < began + 120:
                time.sleep(0.2)
            waiting = count(engine, WAITING)
            with engine.connect() as connection:
                slowest = connection.scalar(
                    text(
                        "SELECT max(extract(epoch FROM localization.ready_at - event.created_at))"
                        " FROM localization JOIN event ON event.id = event_id"
                        " WHERE stream = 'lvk'"
                    )
                )
            print(
                f"maps of live alerts ready after {float(slowest or 'nan'):.1f} s at the latest;"
                f" {waiting} jobs of the storm still wait behind them"
            )
        finally:
            fleet.stop()
            engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10, help="in each of the two storms")
    parser.add_argument("--live", type=int, default=5)
    parser.add_argument("--rate", type=float, nargs="*", default=[50.0, 0.0])
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    for rate in options.rate:
        print(f"{f'{rate:g} a second' if rate else 'as fast as possible'}:", flush=True)
        with tempfile.TemporaryDirectory(prefix="marshal-storm-") as folder:
            storm(Path(folder), options.notices, rate, options.kills, options.live)


if __name__ == "__main__":
    main()

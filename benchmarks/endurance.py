"""What a worker keeps of memory: `python -m benchmarks.endurance --events 400`.

A real worker reads the map of one new event after the other, asks the rules, plans for ZTF and
draws the map. Printed are its resident memory as jobs go by, and the slope after the first
quarter. A day of a busy night is some 3000 jobs.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.too_marshal.endurance import FAILED, worker
from tests.too_marshal.fleet import count
from too_marshal.db.base import open_engine, session_factory
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.rules.defaults import add_default_rules


def main(events: int = 200, step: int = 20) -> None:
    with tempfile.TemporaryDirectory() as name, embedded_database(Path(name)) as url:
        engine = open_engine(url)
        migrate(engine)
        with session_factory(engine)() as session:
            add_default_rules(session)
            session.commit()
        begun = time.monotonic()
        with worker(engine, url, Path(name)) as busy:
            for _ in range(0, events, step):
                each = busy.do(step)
                print(
                    f"after {each.jobs:5d} jobs and {time.monotonic() - begun:5.0f} s: worker"
                    f" {each.resident:.0f} MB, with its {each.processes - 1} children"
                    f" {each.tree:.0f} MB",
                    flush=True,
                )
        hours = (time.monotonic() - begun) / 3600
        late = busy.readings[len(busy.readings) // 4 :]
        if len(late) > 1:
            jobs, memory = np.array([(each.jobs, each.resident) for each in late]).T
            slope = float(np.polyfit(jobs, memory, 1)[0])
            pace = busy.readings[-1].jobs / hours
            print(
                f"slope after the first quarter: {1000 * slope:.1f} MB per 1000 jobs, at"
                f" {pace:.0f} jobs an hour {slope * pace:.1f} MB an hour;"
                f" {count(engine, FAILED)} jobs failed"
            )
        engine.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--step", type=int, default=20, help="events between two readings")
    arguments = parser.parse_args()
    main(arguments.events, arguments.step)

"""A worker does a few hundred jobs, and keeps no memory of them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from tests.too_marshal.endurance import FAILED, worker
from tests.too_marshal.fleet import count

WARM_UP, ROUNDS, EVENTS = 6, 2, 6
"""Events at first, until every kind of job was done; then rounds, and events in each."""

JOBS_OF_AN_EVENT = 12

MAX_GROWTH = 80.0
"""MB that the rest may add. The threads' heaps fill up by some 60 MB, and then no more (benchmarks,
`endurance`); to keep the problem of each plan, 10 MB, would add twice as much."""


def test_memory_stays_where_it_is_after_the_first_jobs(
    engine: Engine, database_url: str, tmp_path: Path
):
    with worker(engine, database_url, tmp_path) as busy:
        first = busy.do(WARM_UP)
        last = [busy.do(EVENTS) for _ in range(ROUNDS)][-1]
    assert last.jobs >= (WARM_UP + ROUNDS * EVENTS) * JOBS_OF_AN_EVENT
    assert count(engine, FAILED) == 0
    assert count(engine, "SELECT count(*) FROM plan WHERE state = 'ready'") >= ROUNDS * EVENTS
    assert last.resident - first.resident < MAX_GROWTH, busy.readings
    assert last.processes <= first.processes + 2, "children end with their jobs"

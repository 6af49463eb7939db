"""A worker does a few hundred jobs, and keeps no memory of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.too_marshal.endurance import FAILED, worker
from tests.too_marshal.fleet import count

WARM_UP, ROUNDS, EVENTS = 6, 2, 6
"""Events at first, until every kind of job was done; then rounds, and events in each."""

JOBS_OF_AN_EVENT = 12

MAX_GROWTH = 40.0
"""MB that the rest may add. It adds less than 10; to keep the problem of each plan, 10 MB, would
add three times as much."""


def test_memory_stays_where_it_is_after_the_first_jobs(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # Else each thread has a heap of its own, and when these are full is a matter of chance: 150 MB.
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    with worker(engine, database_url, tmp_path) as busy:
        # What drawing loads, 50 MB, stays; else it comes with the first picture, whenever that is.
        busy.do(1)
        busy.draw()
        first = busy.do(WARM_UP - 1)
        last = [busy.do(EVENTS) for _ in range(ROUNDS)][-1]
    assert last.jobs >= (WARM_UP + ROUNDS * EVENTS) * JOBS_OF_AN_EVENT
    assert count(engine, FAILED) == 0
    assert count(engine, "SELECT count(*) FROM plan WHERE state = 'ready'") >= ROUNDS * EVENTS
    assert last.resident - first.resident < MAX_GROWTH, busy.readings
    assert last.processes <= first.processes + 2, "children end with their jobs"

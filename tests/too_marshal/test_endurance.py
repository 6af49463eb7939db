"""A worker does a few hundred jobs, and keeps no memory of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.too_marshal.endurance import FAILED, worker
from tests.too_marshal.fleet import count

WARM_UP, ROUNDS, EVENTS = 6, 3, 4
"""Events at first, until every kind of job was done; then rounds, and events in each."""

JOBS_OF_AN_EVENT = 12

MAX_GROWTH = 15.0
"""MB that every round may add. Most add less than 3, and one may add 60, when both of the worker's
jobs were at their largest in the same moment for the first time: that is seen once. To keep the
problem of each plan, 10 MB, adds 40 in every round."""


def test_memory_stays_where_it_is_after_the_first_jobs(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # Else each thread has a heap of its own, and when these are full is a matter of chance: 150 MB.
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    with worker(engine, database_url, tmp_path) as busy:
        # What drawing loads, 50 MB, stays; else it comes with the first picture, whenever that is.
        busy.do(1)
        busy.draw()
        readings = [busy.do(WARM_UP - 1), *(busy.do(EVENTS) for _ in range(ROUNDS))]
    first, last = readings[0], readings[-1]
    assert last.jobs >= (WARM_UP + ROUNDS * EVENTS) * JOBS_OF_AN_EVENT
    assert count(engine, FAILED) == 0
    assert count(engine, "SELECT count(*) FROM plan WHERE state = 'ready'") >= ROUNDS * EVENTS
    growths = [after.resident - before.resident for before, after in pairwise(readings)]
    assert min(growths) < MAX_GROWTH, readings
    assert last.processes <= first.processes + 2, "children end with their jobs"

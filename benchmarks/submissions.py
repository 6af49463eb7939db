"""Submission under fire: every plan once at the robot, whatever breaks.

Plans are approved, and workers - the real command - send them to a simulated ZTF that refuses,
resets, answers 502 after accepting, loses half of a list or answers with a log-in page, while
workers are killed (-9) from outside and at the points just before and after the call. In the
end what the marshal believes is compared with what the robot holds, plan by plan.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.nights import coming_midnight, overhead
from telescopes.ztf.messages import read_messages
from tests.too_marshal import factories
from tests.too_marshal.test_kills import Fleet
from too_marshal.db.base import open_engine, session_factory
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.submissions.approve import approve

FAULTS = [
    {"kind": "accept-then-reset", "method": "PUT", "probability": 0.08},
    {"kind": "accept-then-status", "method": "PUT", "probability": 0.05, "status": 502},
    {"kind": "reset", "method": "PUT", "probability": 0.05},
    {"kind": "status", "method": "PUT", "probability": 0.05, "status": 500},
    {"kind": "status", "method": "PUT", "probability": 0.02, "status": 429},
    {"kind": "truncated", "method": "PUT", "probability": 0.05},
    {"kind": "html", "method": "PUT", "probability": 0.03},
    {"kind": "half", "method": "PUT", "probability": 0.02},
    {"kind": "accept-then-hang", "method": "PUT", "probability": 0.005, "seconds": 15},
    {"kind": "reset", "method": "GET", "probability": 0.02},
    {"kind": "status", "method": "GET", "probability": 0.02, "status": 503},
]
CRASHES = "before_submit:0.02,after_submit:0.02"
OPEN = "('approved', 'submitting')"


@contextmanager
def simulated_ztf() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "telescopes.simulators.ztf", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def set_fault(url: str, fault: dict[str, Any]) -> None:
    body = json.dumps({**fault, "count": None}).encode()
    urllib.request.urlopen(urllib.request.Request(url + "/simulator/fault", body, method="POST"))


def ask(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url + "/simulator") as answer:
        state: dict[str, Any] = json.load(answer)
    return state


def submit_all(plans: int, kills: int, folder: Path, chance: random.Random) -> dict[str, Any]:
    """Run until nothing is under way; returns what is printed."""
    with embedded_database(folder) as database, simulated_ztf() as robot:
        engine = open_engine(database)
        migrate(engine)
        environ = {
            **os.environ,
            "TOO_DATABASE_URL": database,
            "TOO_DATA_DIR": str(folder),
            "TOO_ZTF_URL": robot,
            "TOO_ZTF_SIMULATED": "true",
            "OMP_NUM_THREADS": "1",
        }
        approve_all(engine, environ, plans)
        for fault in FAULTS:
            set_fault(robot, fault)
        fleet = Fleet(environ)
        began = time.monotonic()
        workers = ["worker-1", "worker-2", "worker-3"]
        try:
            for name in workers:
                fleet.add(name, "work", crash_at=CRASHES)
            fleet.add("clock", "clock")
            killed = 0
            while killed < kills and open_submissions(engine):
                time.sleep(chance.uniform(0.5, 5))
                fleet.kill(chance.choice(workers))
                fleet.revive()
                killed += 1
            fleet.calm()
            while under_way(engine):
                fleet.revive()
                time.sleep(0.5)
        finally:
            fleet.stop()
        seconds = time.monotonic() - began
        verdict = audit(engine, ask(robot))
        engine.dispose()
    return {"kills": killed, "deaths": fleet.deaths, "seconds": seconds, **verdict}


def approve_all(engine: Engine, environ: dict[str, str], plans: int) -> None:
    """Approve so many plans for a night that is still to come, so that nothing is executed."""
    robots = Robots.from_settings(Settings.from_environ(environ))
    night = coming_midnight()
    with session_factory(engine)() as session:
        event = factories.add_event(session)
        factories.add_localization(session, event, overhead(night))
        for index in range(plans):
            plan = factories.add_plan(session, event, start=night, most_fields=2)
            approve(session, robots, plan.id, by="bench", idempotency_key=f"bench-{index}")


def count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)


def open_submissions(engine: Engine) -> int:
    return count(engine, f"SELECT count(*) FROM submission WHERE state IN {OPEN}")


def under_way(engine: Engine) -> int:
    """Submissions that somebody still works on, those left to a person excluded."""
    return count(
        engine,
        f"SELECT count(*) FROM submission s WHERE state IN {OPEN} OR (state = 'unconfirmed'"
        " AND reason NOT LIKE '%person%')",
    )


def audit(engine: Engine, robot: dict[str, Any]) -> dict[str, Any]:
    """Compare what each side believes."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT queue_name, state, reason, request FROM submission"))
        submissions = {name: (state, reason, request) for name, state, reason, request in rows}
    states = Counter(state for state, _, _ in submissions.values())
    faults, known = [], set(submissions)
    for name, (state, _, request) in submissions.items():
        sent = read_messages(request) if request else []
        parts = [message["queue_name"] for message in sent] or [name]
        times = max(robot["received"].get(part, 0) for part in parts)
        there = [robot["queues"][part] for part in parts if part in robot["queues"]]
        held = sum(there) if there else None
        asked = sum(len(message["targets"]) for message in sent) if sent else None
        known.update(parts)
        if times > 1:
            faults.append(f"{name} was sent {times} times")
        if state == "accepted" and held != asked:
            faults.append(f"{name} is accepted, but the robot holds {held} of {asked}")
        if state == "refused" and held is not None:
            faults.append(f"{name} is refused, but the robot holds it")
        if state not in {"accepted", "refused", "unconfirmed"}:
            faults.append(f"{name} is left {state}")
    unknown = set(robot["received"]) - known
    return {
        "states": dict(states),
        "duplicates": sum(times > 1 for times in robot["received"].values()),
        "unknown": len(unknown),
        "faults": faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261122)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    with tempfile.TemporaryDirectory(prefix="marshal-bench-") as folder:
        result = submit_all(options.plans, options.kills, Path(folder), random.Random(options.seed))
    print(
        f"{options.plans} plans by 3 workers, {result['kills']} kill -9 from outside,"
        f" {result['deaths']} deaths in all, {result['seconds']:.0f} s (seed {options.seed}):\n"
        f"{result['states']}; {result['duplicates']} sent twice,"
        f" {result['unknown']} at the robot that the marshal does not know,"
        f" {len(result['faults'])} beliefs that are not so"
    )
    for fault in result["faults"][:20]:
        print("  ", fault)
    if result["faults"] or result["unknown"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

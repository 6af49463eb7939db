"""Retractions on the running service: how soon a queue is gone from the robot's own list.

Starts `too-marshal up` as a new user would, with the rehearsal's broker and its simulated ZTF, and
busy loops beside. Plans are approved, and each event is retracted by a genuine notice through the
broker at a random moment after that: before, while and after the queue is sent, or while it is
executed. The robot's own list is read ten times a second until long after the last retraction.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks.nights import coming_midnight, overhead
from benchmarks.rehearsal import setting_of, start
from tests.too_marshal import factories
from too_marshal.db.base import open_engine, session_factory
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.rehearse import retraction, send
from too_marshal.workflows.submissions.approve import approve

LIMIT = 10.0
"""Within so many seconds a queue shall be gone."""

MAX_WAIT = 15.0
"""From an approval to its retraction, s."""

AT_ONCE = 4
"""Events under way at the same time."""

QUIET = 60.0
"""The robot is watched so long after the last retraction, s."""


@dataclass
class Case:
    """One submission."""

    plan: int
    key: str
    name: str = ""
    retracted_at: float = 0.0
    held: list[float] = field(default_factory=list)
    """When the robot was seen to hold it."""

    @property
    def seconds(self) -> float:
        """From the retraction until it was last seen at the robot."""
        return max([0.0, *(at - self.retracted_at for at in self.held)])


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def furnish(engine: Engine, count: int) -> list[Case]:
    """Events with a plan for tonight's zenith, as a night of work would leave them."""
    night = coming_midnight()
    cases = []
    with session_factory(engine)() as session:
        for index in range(count):
            key = f"MS{night:%y%m%d}y{chr(97 + index // 26)}{chr(97 + index % 26)}"
            event = factories.add_event(session, key, is_test=True)
            factories.add_localization(session, event, overhead(night))
            plan = factories.add_plan(session, event, start=night, most_fields=12)
            cases.append(Case(plan.id, key))
    return cases


class Watch(threading.Thread):
    """Reads the robot's own list, and what the marshal believes, until it is stopped."""

    def __init__(self, robot: str, engine: Engine, cases: list[Case]) -> None:
        super().__init__(daemon=True)
        self.robot, self.engine, self.cases = robot, engine, cases
        self.over_while_held: set[str] = set()
        self.looks = 0
        self._stop_wanted = threading.Event()

    def run(self) -> None:
        while not self._stop_wanted.wait(0.1):
            with urllib.request.urlopen(self.robot + "/simulator") as answer:
                names = set(json.load(answer)["queues"])
            at, self.looks = time.monotonic(), self.looks + 1
            held = [
                case for case in self.cases if case.name and any(
                    name == case.name or name.startswith(f"{case.name}_") for name in names
                )
            ]  # fmt: skip
            for case in held:
                case.held.append(at)
            self._compare(held)

    def _compare(self, held: list[Case]) -> None:
        query = text("SELECT queue_name FROM submission WHERE state = 'done'")
        with self.engine.connect() as connection:
            done = set(connection.scalars(query))
        self.over_while_held |= {case.name for case in held} & done

    def stop(self) -> None:
        self._stop_wanted.set()
        self.join()


def play(case: Case, wait: float, engine: Engine, settings: Settings) -> None:
    """Approve a plan, and retract its event."""
    with session_factory(engine)() as session:
        submission = approve(
            session, Robots.from_settings(settings), case.plan, by="bench", idempotency_key=case.key
        )
        case.name = submission.queue_name
    time.sleep(wait)
    case.retracted_at = time.monotonic()
    send(settings, retraction(case.key, datetime.now(UTC)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=60)
    parser.add_argument("--loops", type=int, default=12, help="busy loops beside")
    parser.add_argument("--seed", type=int, default=20261127)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    chance = random.Random(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="marshal-bench-"))
    process, *_ = start(folder)
    try:
        engine = open_engine(f"postgresql://postgres@/postgres?host={folder / 'postgres'}", 12)
        robot = setting_of(process, "TOO_ZTF_URL")
        settings = Settings(
            kafka_bootstrap=setting_of(process, "TOO_KAFKA_BOOTSTRAP"),
            robots={"ZTF": {"url": robot, "simulated": True, "program": "bench", "pi": "bench"}},
        )
        cases = furnish(engine, options.submissions)
        watch = Watch(robot, engine, cases)
        with ExitStack() as stack:
            stack.enter_context(busy_loops(options.loops))
            watch.start()
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for case in cases:
                    pool.submit(play, case, chance.uniform(0, MAX_WAIT), engine, settings)
            load = os.getloadavg()[0]
            time.sleep(QUIET)
            watch.stop()
        return report(engine, cases, watch, load)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def report(engine: Engine, cases: list[Case], watch: Watch, load: float) -> int:
    with engine.connect() as connection:
        names = [case.name for case in cases]
        query = text(
            "SELECT state, count(*) FROM submission WHERE queue_name = ANY(:names) GROUP BY 1"
        )
        states = dict(connection.execute(query, {"names": names}).all())
    seconds = sorted(case.seconds for case in cases)
    sent = sum(bool(case.held) for case in cases)
    late = sum(each > LIMIT for each in seconds)
    print(
        f"{len(cases)} submissions, {sent} of them seen at the robot, load {load:.1f}:"
        f" {len(cases) - late} gone within {LIMIT:g} s of the retraction's being sent"
        f" (median {seconds[len(seconds) // 2]:.1f} s, longest {seconds[-1]:.1f} s);"
        f" {len(watch.over_while_held)} called done while held ({watch.looks} looks);"
        f" states at the end: {states}"
    )
    return bool(late or watch.over_while_held)


if __name__ == "__main__":
    sys.exit(main())

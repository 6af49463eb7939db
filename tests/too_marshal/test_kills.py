"""Kill the listener and the workers while 300 real notices arrive: nothing lost, nothing twice.

The broker is librdkafka's own mock cluster, in a process of its own; the listener, the workers
and the clock are the real commands. Kills come at random from outside, and at named points
from within, by `TOO_CRASH_AT`.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, text

from tests.too_marshal.fleet import Fleet, broker, count, produce, topic_of
from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse

NOTICES = 300
KILLS = 16
SEED = 20261122

LISTENER_CRASHES = (
    "before_keep_commit:0.04,after_keep_commit:0.04,"
    "before_process_commit:0.04,after_process_commit:0.04"
)
WORKER_CRASHES = (
    "before_localize:0.01,after_localize:0.01,before_plan:0.05,after_plan:0.05,after_notify:0.01"
)


def choose(corpus: Path) -> list[bytes]:
    """300 real notices: every mission of the spine, LVK's with their maps, and broken ones."""
    folders = ("lvk", "fermi_gbm", "icecube_amon", "swift", "malformed_time", "repo_tests")
    paths = [
        path
        for folder in folders
        for path in sorted((corpus / "notices" / folder).rglob("*"))
        if path.suffix in {".xml", ".json"}
    ]
    random.Random(SEED).shuffle(paths)
    unique = {path.read_bytes() for path in paths[: NOTICES * 2]}
    return sorted(unique)[:NOTICES]


def settled(engine: Engine, expected: int) -> bool:
    return (
        count(engine, "SELECT count(*) FROM notice WHERE state <> 'received'") == expected
        and count(
            engine,
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
            " AND task_name NOT IN ('rescue', 'interpret_waiting', 'track', 'draw')",
        )
        == 0
    )


def test_kills_lose_nothing_and_double_nothing(database_url, engine, corpus, tmp_path):
    payloads = choose(corpus)
    assert len(payloads) == NOTICES
    with engine.begin() as connection:
        # One telescope shows as much as five, and sooner.
        connection.execute(text("DELETE FROM plan_rule WHERE plans AND telescope <> 'ZTF'"))
    topics = sorted({topic_of(payload) for payload in payloads})
    # Some come twice, as Kafka may deliver them.
    chance = random.Random(SEED)
    sent = [*payloads, *chance.sample(payloads, 40)]
    chance.shuffle(sent)
    with broker() as bootstrap:
        environ = {
            **os.environ,
            "TOO_DATABASE_URL": database_url,
            "TOO_DATA_DIR": str(tmp_path),
            "TOO_KAFKA_BOOTSTRAP": bootstrap,
            "TOO_KAFKA_TOPICS": ",".join(topics),
            "OMP_NUM_THREADS": "1",
        }
        fleet = Fleet(environ)
        began = time.monotonic()
        try:
            fleet.add("listener", "listen", "--refresh", "0.5", crash_at=LISTENER_CRASHES)
            fleet.add("worker-1", "work", crash_at=WORKER_CRASHES)
            fleet.add("worker-2", "work", crash_at=WORKER_CRASHES)
            fleet.add("clock", "clock")
            killed = 0
            for start in range(0, len(sent), 10):
                produce(bootstrap, sent[start : start + 10])
                if killed < KILLS:
                    fleet.kill(chance.choice(["listener", "listener", "worker-1", "worker-2"]))
                    killed += 1
                fleet.revive()
                _until(lambda: False, 0.3)
            fleet.calm()
            for name in ("listener", "worker-1", "worker-2"):
                fleet.kill(name)
            fleet.revive()
            assert _until(lambda: settled(engine, NOTICES), 1800, fleet), _state(engine)
        finally:
            fleet.stop()
        seconds = time.monotonic() - began
    _check_effects(engine, payloads)
    print(
        f"\n{len(sent)} messages, {NOTICES} distinct, {fleet.deaths} deaths"
        f" ({killed + 3} kill -9 from outside, the rest at named points), {seconds:.0f} s:"
        f" {count(engine, 'SELECT count(*) FROM notice')} stored,"
        f" {count(engine, 'SELECT count(*) FROM localization')} localizations,"
        f" {count(engine, 'SELECT count(*) FROM plan')} plans; 0 lost, 0 doubled"
    )


def _until(condition, seconds: float, fleet: Fleet | None = None) -> bool:
    """Wait for `condition`; what dies meanwhile is started again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        if fleet is not None:
            fleet.revive()
        time.sleep(0.1)
    return condition()


def _state(engine: Engine) -> str:
    with engine.connect() as connection:
        notices = connection.execute(text("SELECT state, count(*) FROM notice GROUP BY 1")).all()
        jobs = connection.execute(
            text("SELECT task_name, status, count(*) FROM procrastinate_jobs GROUP BY 1, 2")
        ).all()
    return f"{notices} {jobs}"


def _check_effects(engine: Engine, payloads: list[bytes]) -> None:
    """Every notice once, every event once, every localization and plan once, none unfinished."""
    keys = set()
    localizations = 0
    for payload in payloads:
        with suppress(NoticeMalformed, NoticeUnknown):
            notice = parse(payload, topic_of(payload))
            if notice.event_key is not None and notice.kind != "information":
                keys.add((notice.stream, notice.event_key))
                placed = notice.localization is not None or notice.position is not None
                localizations += placed and notice.kind != "retraction"
    assert count(engine, "SELECT count(*) FROM notice") == NOTICES
    assert count(engine, "SELECT count(*) FROM event") == len(keys)
    own = "SELECT count(*) FROM localization WHERE variant = 'own'"
    assert count(engine, own) == localizations
    assert count(engine, "SELECT count(*) FROM localization WHERE state = 'pending'") == 0
    assert count(engine, "SELECT count(*) FROM plan WHERE state = 'computing'") == 0
    assert count(engine, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'") == 0
    received = "SELECT count(*) FROM activity WHERE subject = 'notice' AND text LIKE '%received%'"
    understood = "SELECT count(*) FROM notice WHERE state = 'understood' AND event_id IS NOT NULL"
    assert count(engine, received) == count(engine, understood)
    ready = "SELECT count(*) FROM activity WHERE text LIKE 'Sky map ready%'"
    assert count(engine, ready) == count(engine, f"{own} AND state = 'ready'") + count(
        engine,
        "SELECT count(*) FROM localization WHERE variant <> 'own' AND state = 'ready'"
        " AND kind <> 'product'",
    )

"""Real processes around a broker of librdkafka's, for tests and benchmarks that kill them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import confluent_kafka
from sqlalchemy import Engine, text

from too_marshal.notices.formats.packet_types import packet_types_by_name


class Fleet:
    """Processes that are started again whenever they die, as a supervisor would."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[list[str], str]] = {}
        self.deaths = 0

    def add(self, name: str, *arguments: str, crash_at: str = "") -> None:
        self._commands[name] = (list(arguments), crash_at)
        self._start(name)

    def _start(self, name: str) -> None:
        arguments, crash_at = self._commands[name]
        self._running[name] = subprocess.Popen(
            [sys.executable, "-m", "too_marshal.cli", *arguments],
            env={**self._environ, "TOO_CRASH_AT": crash_at},
            stderr=subprocess.DEVNULL,
        )

    def calm(self) -> None:
        """From now on nothing crashes of itself."""
        self._commands = {name: (command, "") for name, (command, _) in self._commands.items()}

    def revive(self) -> None:
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self.deaths += 1
                self._start(name)

    def pids(self) -> list[int]:
        """Numbers of the processes."""
        return [process.pid for process in self._running.values()]

    def kill(self, name: str) -> None:
        with suppress(ProcessLookupError):
            self._running[name].kill()
        self._running[name].wait()

    def stop(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()


@contextmanager
def broker() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "too_marshal.cli", "broker"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def topic_of(payload: bytes) -> str:
    """The topic that the notice came on, or would have."""
    if payload.lstrip()[:1] == b"{":
        return "igwn.gwalert"
    match = re.search(rb'name="Packet_Type"[^>]*?value="(\d+)"', payload)
    names = {packet_type: name for name, packet_type in packet_types_by_name().items()}
    return "gcn.classic.voevent." + names.get(int(match[1]) if match else -1, "ARCHIVE")


def produce(bootstrap: str, payloads: list[bytes]) -> None:
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000}
    )
    for payload in payloads:
        producer.produce(topic_of(payload), payload, partition=0)
        producer.poll(0)
    assert producer.flush(30) == 0


def count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)

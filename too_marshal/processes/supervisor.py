"""Every process of one machine: started, watched and stopped together."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 15.0
"""A process that has not stopped so long after SIGTERM is killed."""

RESTARTS = 5
"""A process that dies so often within a minute is not started again: everything stops."""

_PR_SET_PDEATHSIG = 1


class RestartPolicy(Enum):
    """What the end of a process means for the others."""

    ALWAYS = auto()
    """It is started again."""

    CRITICAL = auto()
    """Others hold its address: everything stops."""

    ONCE = auto()
    """It was to be done once."""


class ProcessFailed(Exception):
    """A process cannot be kept running; the message names it."""


@dataclass
class Process:
    """One process that shall run."""

    name: str
    """As in the log."""

    arguments: Sequence[str]
    """Of `python -m`: the module and its arguments."""

    environ: Mapping[str, str] = field(repr=False)
    """Its environment."""

    on_end: RestartPolicy = RestartPolicy.ALWAYS
    """What its end means."""

    running: subprocess.Popen[str] | None = None
    """The process itself, once started."""

    deaths: list[float] = field(default_factory=list)
    """When it died of itself, on the monotonic clock."""

    def start(self, *, first_line: bool = False) -> str:
        """Start it; return the first line that it prints, if that is wanted.

        Raises
        ------
        ProcessFailed
            If the line is wanted and the process ends before it comes.
        """
        self.running = subprocess.Popen(  # noqa: S603 - our own modules, no shell
            [sys.executable, "-m", *self.arguments],
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if first_line else None,
            text=True,
            # A session of its own: Ctrl-C reaches the supervisor alone, which stops all in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - started before any thread
        )
        if not first_line:
            return ""
        assert self.running.stdout is not None
        line = self.running.stdout.readline().strip()
        if not line:
            self.running.stdout.close()
            raise ProcessFailed(f"{self.name} ended with code {self.running.wait()} at its start")
        return line

    def stop(self, deadline: float) -> None:
        """Wait for it to end until `deadline` (monotonic), then kill it."""
        if self.running is None:
            return
        try:
            self.running.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("%s did not stop and is killed", self.name)
            self.running.kill()
            self.running.wait()
        if self.running.stdout is not None:
            self.running.stdout.close()


def _die_with_parent() -> None:
    """Have the kernel end this process if the supervisor is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps processes running until it is told to stop."""

    def __init__(self) -> None:
        self._processes: list[Process] = []
        self.stop = threading.Event()

    def add(
        self,
        name: str,
        *arguments: str,
        environ: Mapping[str, str],
        on_end: RestartPolicy = RestartPolicy.ALWAYS,
        first_line: bool = False,
    ) -> str:
        """Start a process and watch over it.

        Returns
        -------
        str
            The first line that it prints, if wanted; else empty.
        """
        process = Process(name, arguments, environ, on_end)
        self._processes.append(process)
        return process.start(first_line=first_line)

    def watch(self) -> None:
        """See to what ends, until `stop` is set.

        Raises
        ------
        ProcessFailed
            If a process keeps dying.
        """
        while not self.stop.wait(0.2):
            for process in self._processes:
                if process.running is not None and process.running.poll() is not None:
                    self._ended(process, process.running.returncode)

    def _ended(self, process: Process, code: int) -> None:
        if process.on_end is RestartPolicy.ONCE:
            process.running = None
            if code:
                logger.error("%s ended with code %s", process.name, code)
            return
        if process.on_end is RestartPolicy.CRITICAL:
            raise ProcessFailed(f"{process.name} ended with code {code}")
        present = time.monotonic()
        process.deaths = [when for when in process.deaths if when > present - 60] + [present]
        if len(process.deaths) >= RESTARTS:
            raise ProcessFailed(f"{process.name} ended {RESTARTS} times in a minute (code {code})")
        logger.warning("%s ended with code %s and is started again", process.name, code)
        process.start()

    def stop_all(self) -> None:
        """Stop every process and wait for them; those that others lean on come last."""
        for leaned_on in (False, True):
            group = [
                process
                for process in self._processes
                if (process.on_end is RestartPolicy.CRITICAL) == leaned_on
            ]
            deadline = time.monotonic() + PATIENCE_SECONDS
            for process in group:
                if process.running is not None and process.running.poll() is None:
                    process.running.terminate()
            for process in group:
                process.stop(deadline)

    def pids(self) -> dict[str, int]:
        """Process numbers by name."""
        return {
            process.name: process.running.pid
            for process in self._processes
            if process.running is not None
        }


def stop_on_signals(supervisor: Supervisor) -> None:
    """Let SIGINT, SIGTERM and SIGHUP end `watch`."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda *_: supervisor.stop.set())


def environment(**variables: object) -> dict[str, str]:
    """The present environment with these variables set; threads of number libraries kept few."""
    own = {name: str(value) for name, value in variables.items()}
    return {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ, **own}

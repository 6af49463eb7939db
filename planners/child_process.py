"""Run a Python program in a process of its own, which never outlives what it is for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from planners.stopping import Stopped

_LOOK = 1.0
"""Between two looks whether it is to be stopped, s."""

_NICE = 10
"""It gives way to whatever else the machine does."""

_END_WITH_PARENT = """
import os, signal, threading
def end_with_parent():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=end_with_parent, daemon=True).start()
"""
# Its standard input is a pipe that nobody writes to: it ends when the parent does, even by SIGKILL.


@dataclass(frozen=True)
class Finished:
    """How a program ended."""

    code: int
    """Its exit status."""

    stderr: str
    """What it wrote to its standard error."""

    @property
    def reason(self) -> str:
        """The last line of its standard error, or its exit status: why it failed, if it did."""
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        return lines[-1] if lines else str(self.code)


def run_child(
    program: str,
    folder: Path,
    environment: Mapping[str, str],
    limit: float,
    is_stopped: Callable[[], bool],
) -> Finished:
    """Run a program and wait for it; it and all that it has started are gone when this returns.

    Parameters
    ----------
    program
        Python; its one argument is the folder.
    folder
        Where it runs; what it says is kept there.
    environment
        Its environment.
    limit
        It is given so much time, s.
    is_stopped
        Asked about once a second.

    Raises
    ------
    TimeoutError
        If it has not ended in time.
    Stopped
        If it was to be stopped.
    """
    errors_path = folder / "stderr.txt"
    with errors_path.open("wb") as errors:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-W", "ignore", "-c", _END_WITH_PARENT + program, str(folder)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    try:
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICE)
        code = _wait(child, time.monotonic() + limit, is_stopped)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdin is not None:
            child.stdin.close()
    return Finished(code, errors_path.read_text(encoding="utf-8", errors="replace"))


def _wait(child: subprocess.Popen[bytes], deadline: float, is_stopped: Callable[[], bool]) -> int:
    while True:
        left = deadline - time.monotonic()
        try:
            return child.wait(timeout=max(0.0, min(_LOOK, left)))
        except subprocess.TimeoutExpired:
            if left <= 0:
                raise TimeoutError from None
        if is_stopped():
            raise Stopped

"""Workers that start in a fraction of a second, so that many can be killed in a short test.

A process that has imported everything forks one real worker after the other, as it is told on its
standard input: `start CRASH_AT`. It answers with the number of the process; a dead one is reaped.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress


class Nursery:
    """At most one worker at a time."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.too_marshal.nursery"], env=environ, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._worker = 0

    def start(self, crash_at: str = "") -> None:
        """Start a worker that may crash at some points."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{crash_at}\n")
        self._parent.stdin.flush()
        self._worker = int(self._parent.stdout.readline())

    def lives(self) -> bool:
        """Whether the worker does."""
        try:
            os.kill(self._worker, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """Kill the worker; returns once it is gone."""
        with suppress(ProcessLookupError):
            os.kill(self._worker, signal.SIGKILL)
        while self.lives():
            time.sleep(0.005)

    def close(self) -> None:
        """End everything."""
        if self._worker:
            self.kill()
        self._parent.kill()
        self._parent.communicate()


def _serve() -> None:
    # Everything a worker needs is imported before the first is forked.
    import too_marshal.processes.bindings  # noqa: F401, PLC0415
    from too_marshal import failpoints  # noqa: PLC0415
    from too_marshal.deployment.settings import Settings  # noqa: PLC0415
    from too_marshal.processes import worker  # noqa: PLC0415
    from too_marshal.workflows.localizations import map_reader  # noqa: PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps them
    settings = Settings.from_environ()
    for line in sys.stdin:
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        sys.stdin.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        random.seed()
        failpoints._ENABLED = line.strip()
        map_reader.warm = lambda: None  # no map is read here
        worker.work(settings, settings.database_url, name="nursling", concurrency=4)
        os._exit(0)


if __name__ == "__main__":
    _serve()

"""Do one thing to copies of an archive, and be killed at each of its steps on the disk in turn.

`python -m tests.counterparts.archive.killed <what> <archive> <folder>`: the copies stand in the
folder afterwards, numbered by the step; the last one was not killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import pyarrow.compute  # noqa: F401 - before the processes part

from counterparts.archive.storage.close import close
from counterparts.archive.storage.compact import compact
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.sweep import sweep
from tests.counterparts.archive.made import NIGHT, alerts

STEPS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree"}
"""What changes something on the disk; what is read is left alone."""


def act(what: str, folder: Path) -> None:
    """Do what is asked, of the night of the tests."""
    actions = {
        "append": partial(append, folder, "new", alerts(30, seed=9, first=900)),
        "close": partial(close, folder, NIGHT),
        "compact": partial(compact, folder, NIGHT[:7]),
        "sweep": partial(sweep, folder, grace=0),
    }
    actions[what]()


def killed_at(step: int, what: str, folder: Path) -> None:
    """Die at a step."""
    left = [step]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if event in STEPS and str(folder) in str(arguments):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    act(what, folder)


def main() -> None:
    """Go on until one is not killed."""
    what, base, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    step = 0
    while True:
        step += 1
        folder = out / f"{step:03d}"
        shutil.copytree(base, folder)
        child = os.fork()
        if child == 0:
            killed_at(step, what, folder)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        assert os.WTERMSIG(status) == signal.SIGKILL, status


if __name__ == "__main__":
    main()

"""A program in a process of its own never outlives what it is for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from planners.child_process import run_child
from planners.registry import PLANNERS
from planners.stopping import Stopped, stop_source, stopped_when

HANGS = """
import subprocess, sys, time
from pathlib import Path
grandchild = subprocess.Popen(["sleep", "1000"])
here = Path(sys.argv[1])
(here / "pids.new").write_text(f"{os.getpid()} {grandchild.pid}")
(here / "pids.new").rename(here / "pids")
time.sleep(1000)
"""

PARENT = """
import os, sys
from pathlib import Path
from planners.child_process import run_child
run_child(sys.argv[2], Path(sys.argv[1]), os.environ, 1000.0, lambda: False)
"""

PARENT_OF_TWO = """
import os, signal, sys
from pathlib import Path
# Where the tests run in the background, it would be deaf to it.
signal.signal(signal.SIGINT, signal.default_int_handler)
from planners.child_process import run_child
from planners.stopping import stoppable_map
def work(is_stopped, folder):
    return run_child(sys.argv[3], folder, os.environ, 1000.0, is_stopped)
stoppable_map(work, [Path(sys.argv[1]), Path(sys.argv[2])])
"""

PATIENCE = 300.0
"""A guard against hanging, s."""


def wait_for(what: Callable[[], object]) -> None:
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < PATIENCE, "it never happens"
        time.sleep(0.02)


def started(folder: Path) -> list[int]:
    return [int(entry) for entry in (folder / "pids").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_program_that_ends_is_told_by_its_status_and_words(tmp_path):
    done = run_child(
        "import sys; print('so it is', file=sys.stderr); sys.exit(3)", tmp_path, os.environ,
        PATIENCE, lambda: False,
    )  # fmt: skip
    assert (done.code, done.stderr.strip()) == (3, "so it is")


def test_what_is_stopped_is_gone_with_its_children(tmp_path):
    with pytest.raises(Stopped):
        run_child(HANGS, tmp_path, os.environ, PATIENCE, (tmp_path / "pids").exists)
    wait_for(lambda: not any(map(is_alive, started(tmp_path))))


def test_what_takes_too_long_is_gone_with_its_children(tmp_path):
    # It is only sure to have begun if it has written; the limit is far below its sleep.
    with pytest.raises(TimeoutError):
        run_child(HANGS, tmp_path, os.environ, 3.0, lambda: False)
    if (tmp_path / "pids").exists():
        wait_for(lambda: not any(map(is_alive, started(tmp_path))))


def test_no_orphan_is_left_by_a_parent_that_is_killed(tmp_path):
    parent = subprocess.Popen(
        [
            sys.executable, "-c", PARENT, str(tmp_path), HANGS,
        ]
    )  # fmt: skip
    try:
        wait_for((tmp_path / "pids").exists)
        assert all(map(is_alive, started(tmp_path)))
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    wait_for(lambda: not any(map(is_alive, started(tmp_path))))


def test_ctrl_c_ends_both_children_and_the_parent(tmp_path):
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT_OF_TWO, *map(str, folders), HANGS],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: all((folder / "pids").exists() for folder in folders))
        parent.send_signal(signal.SIGINT)
        assert parent.wait(PATIENCE) != 0
        for folder in folders:
            assert not any(map(is_alive, started(folder)))
    finally:
        parent.kill()
        parent.wait()


def test_what_says_whether_to_stop_holds_in_its_block_only():
    with stopped_when(lambda: True):
        assert stop_source()()
    assert not stop_source()()


def test_only_the_planner_of_another_process_is_slow():
    assert {name for name, planner in PLANNERS.items() if planner.is_slow} == {"gwemopt"}

"""The supervisor: what dies is started again, what keeps dying stops all, nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import psutil
import pytest

from too_marshal.processes.supervisor import ProcessFailed, RestartPolicy, Supervisor, environment

SLEEPER = "import sys, time; print('ready', flush=True); time.sleep(600)"


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Folder of modules that a supervised process can run."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def add(name: str, source: str) -> str:
        (tmp_path / f"{name}.py").write_text(source)
        return name

    return add


def test_a_process_that_dies_is_started_again(modules, tmp_path):
    mark = tmp_path / "mark"
    source = f"""
import os, pathlib, time
mark = pathlib.Path({str(mark)!r})
if mark.exists():
    (mark.parent / "again").touch()
    time.sleep(600)
mark.touch()
os._exit(3)
"""
    supervisor = Supervisor()
    supervisor.add("phoenix", modules("phoenix", source), environ=environment())
    watcher = threading.Thread(target=supervisor.watch)
    watcher.start()
    try:
        with suppress(TimeoutError):
            _wait_for((tmp_path / "again").exists)
        assert (tmp_path / "again").exists()
    finally:
        supervisor.stop.set()
        watcher.join()
        supervisor.stop_all()


def test_a_process_that_keeps_dying_stops_all_by_name(modules):
    supervisor = Supervisor()
    supervisor.add("lemming", modules("lemming", "raise SystemExit(4)"), environ=environment())
    with pytest.raises(ProcessFailed, match=r"lemming ended 5 times .* \(code 4\)"):
        supervisor.watch()
    supervisor.stop_all()


def test_a_process_that_others_lean_on_is_not_replaced(modules):
    supervisor = Supervisor()
    supervisor.add(
        "keystone", modules("keystone", "raise SystemExit(2)"), environ=environment(),
        on_end=RestartPolicy.CRITICAL,
    )  # fmt: skip
    with pytest.raises(ProcessFailed, match="keystone ended with code 2"):
        supervisor.watch()


def test_stopping_leaves_nothing_even_of_what_does_not_listen(modules, monkeypatch):
    monkeypatch.setattr("too_marshal.processes.supervisor.PATIENCE_SECONDS", 0.5)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEPER
    supervisor = Supervisor()
    for name, source in (("deaf", deaf), ("good", SLEEPER)):
        line = supervisor.add(name, modules(name, source), environ=environment(), first_line=True)
        assert line == "ready"
    pids = list(supervisor.pids().values())
    supervisor.stop_all()
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_process_that_says_nothing_at_its_start_is_named(modules):
    with pytest.raises(ProcessFailed, match="mute ended with code 1 at its start"):
        Supervisor().add(
            "mute", modules("mute", "raise SystemExit(1)"), environ=environment(), first_line=True
        )


def test_children_do_not_outlive_a_killed_supervisor(modules):
    name = modules("child", SLEEPER)
    parent = modules(
        "parent",
        "from too_marshal.processes.supervisor import *\n"
        "s = Supervisor()\n"
        f"s.add('child', {name!r}, environ=environment(), first_line=True)\n"
        "print(s.pids()['child'], flush=True)\n"
        "s.watch()\n",
    )
    process = subprocess.Popen([sys.executable, "-m", parent], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(process.stdout.readline()))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    child.wait(300)


def _wait_for(condition, seconds: float = 300.0) -> None:
    event = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        event.wait(0.05)
    raise TimeoutError

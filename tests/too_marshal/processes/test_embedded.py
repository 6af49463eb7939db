"""The embedded server ends with its last user, also after one that was killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from too_marshal.processes.embedded import embedded_database, forget_killed_users

USER = """
import sys
from pathlib import Path
from too_marshal.processes.embedded import embedded_database
with embedded_database(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("content", [None, "", "nonsense", '{"a": 1}', "[1, null]", "7"])
def test_a_list_that_cannot_be_read_is_left_to_the_package(tmp_path: Path, content: str | None):
    path = tmp_path / "pids.json"
    if content is not None:
        path.write_text(content)
    forget_killed_users(path)
    assert path.exists() == (content is not None)
    assert content is None or path.read_text() == content


def test_the_server_stops_though_an_earlier_user_was_killed(tmp_path: Path):
    killed = subprocess.Popen(
        [sys.executable, "-c", USER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert killed.stdout.readline().startswith(b"postgresql://")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdin.close()
    killed.stdout.close()
    running = tmp_path / "postgres" / "postmaster.pid"
    assert running.exists(), "it outlives whoever was killed"
    with embedded_database(tmp_path):
        users = json.loads((tmp_path / "postgres" / ".handle_pids.json").read_text())
        assert killed.pid in users
    assert not running.exists()

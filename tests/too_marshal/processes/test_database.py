"""A database that is not there, or not as it should be, gives one sentence."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import inspect, text

from too_marshal.cli import cli, main
from too_marshal.db.base import open_engine
from too_marshal.deployment.settings import Settings
from too_marshal.processes import database
from too_marshal.processes.database import MigrationFailed, is_current, migrate, open_database
from too_marshal.processes.embedded import DatabaseUnavailable, embedded_database

NOWHERE = "postgresql://marshal:hush@127.0.0.1:9/marshal"


def test_a_server_that_is_not_there():
    with (
        pytest.raises(DatabaseUnavailable, match="does not answer") as caught,
        open_database(Settings(database_url=NOWHERE)),
    ):
        pass
    assert "hush" not in str(caught.value)


def test_the_command_says_it_in_one_sentence(monkeypatch, capsys):
    monkeypatch.setenv("TOO_DATABASE_URL", NOWHERE)
    monkeypatch.setattr("sys.argv", ["too-marshal", "migrate"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    output = capsys.readouterr().err
    assert output.startswith("too-marshal: the database does not answer")
    assert output.count("\n") == 1


def test_too_little_disk_is_said_before_the_server_starts(tmp_path, monkeypatch):
    usage = SimpleNamespace(total=10**9, used=10**9 - 10**6, free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DatabaseUnavailable, match="1 MB free"), embedded_database(tmp_path):
        pass
    assert not (tmp_path / "postgres").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(DatabaseUnavailable, match="cannot create the data folder"),
        embedded_database(tmp_path / "file" / "data"),
    ):
        pass


def test_a_process_refuses_a_schema_that_is_behind(database_url, monkeypatch):
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not is_current(engine)
    engine.dispose()
    monkeypatch.setenv("TOO_DATABASE_URL", database_url)
    result = CliRunner().invoke(cli, ["listen"])
    assert isinstance(result.exception, MigrationFailed)
    assert "too-marshal migrate" in str(result.exception)


def test_a_database_of_a_newer_version_is_named(database_url, monkeypatch):
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(MigrationFailed, match="schema 9999 of a newer version of too-marshal"):
        migrate(engine)
    engine.dispose()
    monkeypatch.setenv("TOO_DATABASE_URL", database_url)
    for process in ("listen", "migrate"):
        result = CliRunner().invoke(cli, [process])
        assert isinstance(result.exception, MigrationFailed)
        assert "newer version" in str(result.exception)


def test_schemas_are_known_by_the_names_of_their_files():
    steps = ScriptDirectory.from_config(database.migrations()).walk_revisions()
    assert database.revisions() == [step.revision for step in steps][::-1]


BROKEN = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", HEAD, None, None


def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer()))
    op.execute("SELECT no_such_column")


def downgrade():
    op.drop_table("half_done")
"""


def test_a_broken_migration_is_named_and_leaves_nothing(engine, tmp_path, monkeypatch):
    folder = tmp_path / "migrations"
    shutil.copytree(
        database.migrations().get_main_option("script_location"),
        folder,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    with engine.connect() as connection:
        head = connection.scalar(text("SELECT version_num FROM alembic_version"))
    broken = BROKEN.replace("HEAD", repr(head))
    (folder / "versions" / "9999_broken.py").write_text(broken)
    monkeypatch.setattr(database, "_folder", lambda: folder)
    with pytest.raises(MigrationFailed, match="no_such_column") as caught:
        migrate(engine)
    assert "\n" not in str(caught.value)
    assert not inspect(engine).has_table("half_done")
    assert is_current(engine) is False
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == head


def test_migrations_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (database._folder() / "env.py").exists()

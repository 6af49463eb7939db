"""A database knows whether it is the live one, however it came to be where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.databases import TEMPLATE, named
from too_marshal.db.base import open_engine, session_factory
from too_marshal.processes.database import migrate
from too_marshal.workflows.live_database import (
    ELSEWHERE,
    MOVED,
    UNKNOWN,
    mark_as_copy,
    note_folder,
    place_of,
    why_copy,
)
from too_marshal.workflows.submissions.go_live import go_live


def test_a_new_database_is_the_live_one(server_url: str):
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE brand_new")
    engine = open_engine(named(server_url, "brand_new"))
    migrate(engine)
    with session_factory(engine)() as session:
        assert why_copy(session) == ""
    engine.dispose()


def test_a_copy_that_nobody_has_marked_is_one(server_url: str):
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE copied TEMPLATE {TEMPLATE}".encode())
    engine = open_engine(named(server_url, "copied"))
    migrate(engine)  # what is known stays: an update does not make it the live one
    with session_factory(engine)() as session:
        assert why_copy(session) == ELSEWHERE
        assert go_live(session, by="ann")
        assert why_copy(session) == ""
    engine.dispose()


def test_another_server_is_another_place(session: Session):
    session.execute(text("UPDATE live_database SET system_identifier = system_identifier + 1"))
    assert why_copy(session) == ELSEWHERE


def test_a_mark_is_obeyed_until_somebody_says_otherwise(session: Session):
    mark_as_copy(session, "it is for tests", by="ann")
    assert why_copy(session) == "it is for tests"
    assert go_live(session, by="ann")
    assert why_copy(session) == ""


def test_a_database_that_says_nothing_is_no_live_one(session: Session):
    session.execute(text("DELETE FROM live_database"))
    session.commit()
    assert why_copy(session) == UNKNOWN
    assert go_live(session, by="ann")
    assert why_copy(session) == ""


def test_an_account_without_rights_is_told_as_much_as_any(session: Session):
    """Of a server that does not tell its number, the database's own is compared."""
    place = place_of(session)
    assert place.system_identifier is not None
    session.execute(text("CREATE ROLE reader"))
    session.execute(text("GRANT SELECT ON live_database TO reader"))
    session.execute(text("SET LOCAL ROLE reader"))
    assert place_of(session) == place, "everybody may ask it"
    session.execute(text("RESET ROLE"))
    session.execute(text("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC"))
    session.execute(text("SET LOCAL ROLE reader"))
    assert place_of(session) == (None, place.database_oid)
    assert why_copy(session) == ELSEWHERE
    session.rollback()


def test_a_folder_that_is_renamed_stays_and_one_that_is_copied_does_not(
    session: Session, tmp_path: Path
):
    first = tmp_path / "first"
    first.mkdir()
    note_folder(session, first.stat().st_ino)
    assert why_copy(session) == "", "where it is seen first, it is at home"
    renamed = first.rename(tmp_path / "renamed")
    note_folder(session, renamed.stat().st_ino)
    assert why_copy(session) == ""
    copied = Path(shutil.copytree(renamed, tmp_path / "copied"))
    note_folder(session, copied.stat().st_ino)
    assert why_copy(session) == MOVED
    assert go_live(session, by="ann")
    note_folder(session, copied.stat().st_ino)
    assert why_copy(session) == ""


@pytest.mark.parametrize("times", [1, 2])
def test_a_folder_of_a_marked_copy_is_noted_without_a_word(session: Session, times: int):
    mark_as_copy(session, "it was restored", by="ann")
    for _ in range(times):
        note_folder(session, 7)
    assert why_copy(session) == "it was restored"

"""A database of before is led on with its rows."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.db.events import EventName
from too_marshal.processes.database import migrations


def led(engine: Engine, way, revision: str) -> None:
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        way(config, revision)


def test_rules_of_before_get_the_usual_limits_of_age(engine: Engine):
    led(engine, command.downgrade, "0013")
    led(engine, command.upgrade, "head")
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT DISTINCT maximum_age_to_plan, maximum_age_to_tell, maximum_age_to_submit"
                " FROM plan_rule"
            )
        ).all()
    assert rows == [(168.0, 168.0, 24.0)]


def test_names_are_found_after_their_column_was_renamed(engine: Engine, session: Session):
    event = add_event(session, "S261122a")
    session.add(EventName(event_id=event.id, name="GRB 261122A", normalized_name="grb261122a"))
    session.commit()
    led(engine, command.downgrade, "0019")
    with engine.connect() as connection:
        query = text("SELECT compared FROM event_name WHERE name = 'GRB 261122A'")
        assert connection.execute(query).scalar_one() == "grb261122a"
    led(engine, command.upgrade, "head")
    with engine.connect() as connection:
        query = text("SELECT normalized_name FROM event_name WHERE name = 'GRB 261122A'")
        assert connection.execute(query).scalar_one() == "grb261122a"
    for table, column in (("event_name", "normalized_name"), ("notice", "content_hash")):
        indexes = {each["name"] for each in inspect(engine).get_indexes(table)}
        assert f"ix_{table}_{column}" in indexes


def test_what_an_earlier_version_of_a_circular_named_is_forgotten(engine: Engine):
    led(engine, command.downgrade, "0023")
    with engine.begin() as connection:
        for number, version in ((1, 1), (2, 2)):
            connection.execute(
                text(
                    "INSERT INTO notice (id, sha256, payload, channel, received_at, state,"
                    " attempts, error, stream, \"order\") VALUES (:id, :sha, '', 'file', now(),"
                    " 'understood', 1, '', 'circulars', ARRAY[7, :version])"
                ),
                {"id": number, "sha": str(number), "version": version},
            )
            connection.execute(
                text(
                    "INSERT INTO notice_reference (notice_id, rank, stream, name)"
                    " VALUES (:id, 0, NULL, :name)"
                ),
                {"id": number, "name": f"grb261125{'ab'[number - 1]}"},
            )
    led(engine, command.upgrade, "head")
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT name FROM notice_reference")).all()
    assert names == ["grb261125b"]


def test_drafts_of_before_are_kept_and_bound_to_nothing(engine: Engine, session: Session):
    event = add_event(session, "S261122a")
    led(engine, command.downgrade, "0035")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO circular_draft (event_id, telescope, subject, body, facts, author,"
                " created_at) VALUES (:event_id, 'ZTF', 'S261122a: seen', 'We saw.', '{}', 'ann',"
                " now())"
            ),
            {"event_id": event.id},
        )
    led(engine, command.upgrade, "head")
    columns = "kind, telescopes, text, body, version, changed_by, approved_by"
    with engine.connect() as connection:
        row = connection.execute(text(f"SELECT {columns} FROM circular_draft")).one()
    assert row == ("observations", ["ZTF"], "We saw.", "We saw.", 1, "ann", None)
    led(engine, command.downgrade, "0035")
    with engine.connect() as connection:
        row = connection.execute(text("SELECT telescope, body FROM circular_draft")).one()
    assert row == ("ZTF", "We saw.")
    led(engine, command.upgrade, "head")

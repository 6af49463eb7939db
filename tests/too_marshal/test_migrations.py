"""A database of before is led on with its rows."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Engine, text

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

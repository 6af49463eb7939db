"""`too-marshal drill`: try everything that an alert goes through, with one that is simulated."""

from __future__ import annotations

import sys
import time

import click
from sqlalchemy.orm import Session

from too_marshal.db.base import session_factory
from too_marshal.db.drills import Drill
from too_marshal.deployment.errors import OperatorError
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import open_database
from too_marshal.workflows.drills.begin import DrillGoesOn, begin_drill
from too_marshal.workflows.drills.report import report_of


@click.command()
@click.option("--wake/--no-wake", default=False, help="Wake who is on call, as a drill.")
@click.option("--by", default="operator", show_default=True, help="Who wants it.")
def drill(*, wake: bool, by: str) -> None:
    """Begin a drill on the running service, and follow it to its report.

    Nothing of it reaches a real robot. The exit code is 1 if a step was not taken.
    """
    with open_database(Settings.from_environ()) as engine, session_factory(engine)() as session:
        try:
            begun = begin_drill(session, by=by, wakes=wake)
        except DrillGoesOn as err:
            raise OperatorError(str(err)) from err
        click.echo(f"drill {begun.id} has begun: its workers are those of the service")
        good = _follow(session, begun.id)
    sys.exit(0 if good else 1)


def _follow(session: Session, drill_id: int) -> bool:
    shown: set[str] = set()
    while True:
        row = session.get_one(Drill, drill_id, populate_existing=True)
        session.commit()
        for line in report_of(row):
            if line.at is not None and line.step not in shown:
                shown.add(line.step)
                click.echo(f"{line.seconds or 0:8.1f} s  {line.words}{line.remark}")
        if row.ended_at is not None:
            click.echo(row.outcome)
            return row.is_good
        time.sleep(1.0)

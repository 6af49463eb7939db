from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_person
from too_marshal.db.accounts.people import Role
from too_marshal.db.accounts.programs import Program
from too_marshal.db.accounts.teams import Team
from too_marshal.db.base import session_factory
from too_marshal.workflows.programs import edit
from too_marshal.workflows.programs.charge import members_of, programs_at
from too_marshal.workflows.programs.edit import (
    ProgramInvalid,
    Wanted,
    add_program,
    change_program,
    remove_program,
)

WANTED = Wanted("ZTF", "Caltech", "2031A", "2031-02-01", "2031-07-31", "40")


def test_a_semester_holds_its_last_day(session: Session):
    program = add_program(session, WANTED)
    assert program.begins_at == datetime(2031, 2, 1, tzinfo=UTC)
    for when, is_in in [
        (datetime(2031, 1, 31, 23, 59, tzinfo=UTC), False),
        (datetime(2031, 2, 1, tzinfo=UTC), True),
        (datetime(2031, 7, 31, 23, 59, tzinfo=UTC), True),
        (datetime(2031, 8, 1, tzinfo=UTC), False),
    ]:
        assert (programs_at(session, "ZTF", when) == [program]) is is_in
    assert programs_at(session, "DECam", program.begins_at) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"telescope": "Hale"}, "no telescope 'Hale'"),
        ({"name": " "}, "1 to 80"),
        ({"name": "x" * 81}, "1 to 80"),
        ({"name": "a\nb"}, "1 to 80"),
        ({"semester": ""}, "2026B"),
        ({"first_day": "1 February"}, "first day"),
        ({"last_day": ""}, "last day"),
        ({"last_day": "2031-01-31"}, "ends after"),
        ({"hours": "0"}, "hours are a number"),
        ({"hours": "-1"}, "hours are a number"),
        ({"hours": "nan"}, "hours are a number"),
        ({"hours": "inf"}, "hours are a number"),
        ({"hours": "many"}, "hours are a number"),
        ({"members": ("nobody",)}, "nobody named nobody"),
        ({"teams": ("none",)}, "no team none"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(session: Session, change: dict, words: str):
    with pytest.raises(ProgramInvalid, match=words):
        add_program(session, replace(WANTED, **change))
    session.rollback()
    assert session.scalars(select(Program)).all() == []
    program = add_program(session, WANTED)
    with pytest.raises(ProgramInvalid, match=words):
        change_program(session, program.id, replace(WANTED, **change))
    session.rollback()
    session.refresh(program)
    assert (program.telescope, program.name, program.hours) == ("ZTF", "Caltech", 40)


def test_a_program_has_time_of_a_day_once(session: Session):
    add_program(session, WANTED)
    later = replace(WANTED, semester="2031B", first_day="2031-08-01", last_day="2032-01-31")
    with pytest.raises(ProgramInvalid, match="then already, in 2031A"):
        add_program(session, replace(later, first_day="2031-07-31"))
    session.rollback()
    second = add_program(session, later)
    with pytest.raises(ProgramInvalid, match="in 2031A"):
        change_program(session, second.id, replace(later, first_day="2031-07-01"))
    session.rollback()
    # Its own days are no hindrance.
    assert change_program(session, second.id, replace(later, hours="3")).hours == 3


def test_two_who_enter_the_same_at_once_enter_it_once(
    session: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    def meanwhile(*_) -> None:
        monkeypatch.undo()
        with session_factory(engine)() as other:
            add_program(other, WANTED)

    monkeypatch.setattr(edit, "_in_these_days", meanwhile)
    with pytest.raises(ProgramInvalid, match="has just entered"):
        add_program(session, WANTED)
    assert len(session.scalars(select(Program)).all()) == 1


def test_members_are_people_and_those_of_teams_who_still_log_in(session: Session):
    anna, berta, carla = (
        add_person(session, name, Role.APPROVER) for name in ("anna", "berta", "carla")
    )
    session.add(Team(name="nights", members=[berta, carla]))
    session.commit()
    program = add_program(session, replace(WANTED, members=("anna", "berta"), teams=("nights",)))
    assert members_of(program) == [anna, berta, carla]
    carla.is_active = False
    session.commit()
    assert members_of(program) == [anna, berta]


def test_one_that_is_taken_away_pays_no_more_and_may_be_entered_again(session: Session):
    program = add_program(session, WANTED)
    remove_program(session, program.id)
    assert programs_at(session, "ZTF", program.begins_at) == []
    add_program(session, WANTED)

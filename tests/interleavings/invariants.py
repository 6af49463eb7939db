"""What must hold after every step of a history, and what must hold when it has come to rest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.interleavings.database import Questions
from too_marshal.db.observing.queues import LIVE, OVER

AFTER_EVERY_STEP = (
    "no plan is at the robot twice",
    "no submission is over while the robot holds it",
    "nothing is sent for a retracted event, or while the switch stops it",
    "the robot is not spoken to while rows are held",
)

AT_REST = (
    "no queue of a retracted event is at the robot",
    "what the robot holds is live for us, and what is wanted back is gone",
    "executed exposures are known once each",
    "one of old and new is left of an exchange",
    "no row is stuck",
)

_FACTS = """
SELECT json_build_object(
    'retracted', (SELECT is_retracted FROM event WHERE id = {event}),
    'stopped', (SELECT coalesce(bool_or(is_on), false) FROM switch),
    'submissions', (SELECT coalesce(json_agg(json_build_array(
        id, plan_id, queue_name, state, withdrawal_requested, needs_person) ORDER BY id), '[]')
        FROM submission))::text
"""

_REST = """
SELECT json_build_object(
    'replacements', (SELECT coalesce(json_agg(json_build_array(
        id, state, submission_id, new_submission_id, restored_submission_id)), '[]')
        FROM replacement),
    'computing', (SELECT coalesce(json_agg(id), '[]') FROM plan WHERE state = 'computing'),
    'exposures', (SELECT coalesce(json_agg(json_build_array(queue_name, exposure_id)), '[]')
        FROM exposure))::text
"""

_BLOCK = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Row:
    """One submission."""

    number: int
    plan: int
    name: str
    state: str
    withdrawal_requested: bool
    needs_person: bool

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True)
class Facts:
    """What the database says."""

    is_retracted: bool
    is_stopped: bool
    rows: tuple[Row, ...]

    def by_name(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}


def read_facts(questions: Questions, event: int) -> Facts:
    """Read what the database says, in one question."""
    answers = _ask(questions, _FACTS.format(event=event))
    return Facts(
        answers["retracted"], answers["stopped"], tuple(Row(*row) for row in answers["submissions"])
    )


def _ask(questions: Questions, statement: str) -> Any:
    row = questions.ask(statement)
    assert row is not None
    return json.loads(row[0])


def requests_held(facts: Facts, queues: list[str]) -> set[str]:
    """Names of the submissions to which the robot's queues belong."""
    names = facts.by_name()
    return {
        name if name in names else _BLOCK.sub("", name)
        for name in queues
        if name in names or _BLOCK.sub("", name) in names
    }


def broken_after_a_step(facts: Facts, held: set[str], late: set[str]) -> Iterator[str]:
    """What does not hold, in words.

    Parameters
    ----------
    facts
        What the database says.
    held
        Submissions that the robot holds, by name.
    late
        Those of them that came to it after we had given them up: from a message that was under
        way, or a worker that slept. They are taken back as soon as the robot's list is read.
    """
    names = facts.by_name()
    plans = Counter(names[name].plan for name in held - late)
    for plan, count in plans.items():
        if count > 1:
            yield f"plan {plan} is at the robot {count} times"
    for name in held - late:
        if names[name].state in OVER:
            yield f"{name} is {names[name].state} and the robot holds it"


def broken_at_rest(
    questions: Questions, facts: Facts, held: set[str], done: list[tuple[str, int]]
) -> Iterator[str]:
    """What does not hold once nobody has anything to do, in words."""
    names, answers = facts.by_name(), _ask(questions, _REST)
    yield from broken_after_a_step(facts, held, set())
    if facts.is_retracted and held:
        yield f"the event is retracted and the robot holds {sorted(held)}"
    for name in held:
        if names[name].withdrawal_requested and not names[name].needs_person:
            yield f"{name} is wanted back and still at the robot"
    for row in facts.rows:
        is_unsettled = row.state in {"approved", "submitting", "unconfirmed"}
        if not row.needs_person and (is_unsettled or (row.is_live and row.withdrawal_requested)):
            yield f"{row.name} is stuck: {row.state}, withdrawal wanted: {row.withdrawal_requested}"
    yield from _of_exposures(names, answers["exposures"], done)
    yield from _of_replacements(facts, held, answers)


def _of_exposures(
    names: dict[str, Row], known: list[list[str]], done: list[tuple[str, int]]
) -> Iterator[str]:
    ours = Counter((name, str(number)) for name, number in done if name in names)
    answers = Counter((name, str(number)) for name, number in known)
    if ours != answers:
        yield f"the robot has done {ours.total()} exposures of ours, and we know {answers.total()}"


def _of_replacements(facts: Facts, held: set[str], answers: Any) -> Iterator[str]:
    rows = {row.number: row for row in facts.rows}
    for number, state, old, new, restored in answers["replacements"]:
        if state in {"computing", "approved", "withdrawing", "submitting", "restoring"}:
            yield f"replacement {number} is stuck: {state}"
        involved = [rows[each] for each in (old, new, restored) if each is not None]
        at_the_robot = [row.name for row in involved if row.name in held]
        if new is not None and len(at_the_robot) > 1:
            yield f"of replacement {number} both are at the robot: {at_the_robot}"
        if state == "done" and new is not None and rows[old].is_live:
            yield f"replacement {number} is done and the old queue is {rows[old].state}"
    if answers["computing"]:
        yield f"plans {answers['computing']} are computed by nobody"

"""How a history ends: whoever is left works, the robot answers, and everything comes to rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.interleavings import actions
from tests.interleavings.invariants import (
    broken_at_rest,
    read_facts,
    requests_held,
)
from tests.interleavings.world import WORKERS

if TYPE_CHECKING:
    from tests.interleavings.play import Play

ROUNDS = 12
"""Looks of the clock within which everything has come to rest, once the robot answers."""

ROUND = 45.0
"""Between two of them, s."""

MAX_JOBS = 80
"""In one round: more would mean that jobs ask for each other without end."""


def come_to_rest(play: Play) -> None:
    """Let everything be done that is due, until all invariants hold, within so many rounds."""
    play.wire.fault, broken = "", []
    for play.history.rounds in range(1, ROUNDS + 1):
        _let_others_work(play, is_stuck=bool(broken))
        broken = _broken_at_rest(play)
        if not broken:
            break
    play.history.broken += broken
    play.history.states.update(row.state for row in play.facts.rows)


def _let_others_work(play: Play, *, is_stuck: bool) -> None:
    """The jobs of the dead are given back, and the clock looks at everything once."""
    for number in play.jobs.under_way():
        play.jobs.give_back(number)
    play.time += timedelta(seconds=ROUND)
    play.wire.pass_time()
    actions.ask_the_robot(play.stage, play.draw)
    if is_stuck:
        actions.look_for_work(play.stage, play.draw)
    _do_all_jobs(play)


def _broken_at_rest(play: Play) -> list[str]:
    play.facts = read_facts(play.stage.questions, play.stage.event_id)
    held = requests_held(play.facts, play.wire.held())
    done = play.wire.done()
    return list(broken_at_rest(play.stage.questions, play.facts, held, done))


def _do_all_jobs(play: Play) -> None:
    for _ in range(MAX_JOBS):
        job = play.jobs.fetch(WORKERS[0])
        if job is None:
            return
        error = play.jobs.do(play.stage.sessions, job, play.tasks[job.task])
        play.judge(job, error)
        words = "" if error is None else f": {error!r}"
        play.note(f"at rest: {job.task} {' '.join(map(str, job.arguments.values()))}{words}")
    play.history.broken.append(f"after {MAX_JOBS} jobs there are still more")

"""The course of one history: what happens next is drawn by a seed, which tells it again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import event as events
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from tests.interleavings import actions
from tests.interleavings.invariants import (
    Facts,
    broken_after_a_step,
    read_facts,
    requests_held,
)
from tests.interleavings.jobs import Job, Jobs
from tests.interleavings.record import History
from tests.interleavings.rest import come_to_rest
from tests.interleavings.robot import FAULTS, Wire
from tests.interleavings.threads import Actor, Known, present_actor
from tests.interleavings.world import WORKERS, Stage
from too_marshal import clock, failpoints
from too_marshal.db.locks import holds_nothing

STEPS = (12, 20, 40)
"""Of a history, before it is let come to rest: how long it is, is drawn too."""

MAX_PEOPLE = 2
"""Who act at the same time, beside the workers."""

MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)

WAITS = (1.0, 5.0, 20.0, 60.0, 120.0)
"""How much time may pass at once, s."""


class Play:
    """What happens, step by step, and what is watched meanwhile."""

    def __init__(self, stage: Stage, jobs: Jobs, tasks: dict[str, actions.Task], seed: int) -> None:
        self.stage, self.jobs, self.tasks = stage, jobs, tasks
        self.draw = random.Random(seed)
        self.history = History(seed)
        self.actors: list[Actor] = []
        self.orphans: list[int] = []
        self.late: set[str] = set()
        # In some histories the night has begun, in others there is time.
        self.time = self.stage.start + timedelta(minutes=self.draw.choice([0, 4.5, 7]))
        self.wire = Wire(self._mjd, self._hold_at_robot)
        self.wire.sent.append(self._note_sent)
        self.facts = Facts(is_retracted=False, is_stopped=False, rows=())
        self.has_committed = self.may_have_jobs = True

    @contextmanager
    def going_on(self) -> Iterator[Play]:
        """Keep the time and watch every point, until the block ends."""
        sessions = self.stage.sessions
        self.stage.robots.wire = self.wire
        with ExitStack() as stack:
            stack.enter_context(clock.kept_by(lambda: self.time))
            stack.enter_context(failpoints.watched_by(_hold))
            stack.enter_context(self.stage.canned.in_place())
            events.listen(sessions, "after_commit", self._after_commit)
            stack.callback(events.remove, sessions, "after_commit", self._after_commit)
            yield self

    def run(self) -> None:
        """Let things happen, then let them come to rest."""
        self._begin(Actor("approve_a_plan", partial(actions.approve_a_plan, self.stage, self.draw)))
        for _ in range(self.draw.choice(STEPS)):
            self._step()
            if not self._holds():
                self._end_all()
                return
        self._end_all()
        come_to_rest(self)

    def _mjd(self) -> float:
        return (self.time - MJD_ZERO) / timedelta(days=1)

    # What happens

    def _step(self) -> None:
        choices: list[tuple[float, Callable[[], None]]] = [
            (3.5, self._begin_job),
            (1.5, self._pass_time),
            (0.7, self._spoil_a_message),
        ]
        if sum(actor.job is None for actor in self.actors) < MAX_PEOPLE:
            choices.append((1.5, self._begin_action))
        if self.actors:
            choices.append((8.0, self._go_on))
        if any(actor.job is not None for actor in self.actors):
            choices += [(0.4, self._kill), (0.5, self._take_for_dead)]
        if self.orphans:
            choices.append((1.5, self._rescue))
        weights = [weight for weight, _ in choices]
        (chosen,) = self.draw.choices([act for _, act in choices], weights)
        chosen()
        self.wire.pass_time()

    def _begin_job(self) -> None:
        busy = sum(actor.job is not None for actor in self.actors)
        if busy >= len(WORKERS) or not self.may_have_jobs:
            return
        job = self.jobs.fetch(WORKERS[busy])
        if job is None:
            self.may_have_jobs = False
            return

        def act() -> None:
            error = self.jobs.do(self.stage.sessions, job, self.tasks[job.task])
            self.judge(job, error)

        words = f"{job.task} {' '.join(map(str, job.arguments.values()))} (job {job.number})"
        self._begin(Actor(words, act, job=job.number))

    def judge(self, job: Job, error: BaseException | None) -> None:
        """A write that was refused, because somebody else was first, is done again."""
        if isinstance(error, StaleDataError):
            self.history.errors[f"{job.task}: {type(error).__name__}"] += 1
        elif error is not None:
            self.history.broken.append(f"{job.task} has failed: {error!r}")

    def _begin_action(self) -> None:
        acts, weights = zip(*actions.WHAT_PEOPLE_DO.items(), strict=True)
        (chosen,) = self.draw.choices(acts, weights)
        own = random.Random(self.draw.random())
        self._begin(Actor(chosen.__name__, lambda: chosen(self.stage, own)))

    def _begin(self, actor: Actor) -> None:
        self.actors.append(actor)
        self._advance(actor)

    def _go_on(self) -> None:
        self._advance(self.draw.choice(self.actors))

    def _advance(self, actor: Actor, *, kill: bool = False) -> None:
        before = actor.at
        actor.step(kill=kill)
        if actor.is_over:
            self.may_have_jobs = True  # of a lock that is free now
            self.actors.remove(actor)
            words = "is dead" if kill else "has ended"
            if actor.error is not None:
                raise actor.error
        else:
            words = f"is at {actor.at}"
        self.note(f"{actor.name}, from {before}, {words}")

    def _kill(self) -> None:
        actor = self.draw.choice([actor for actor in self.actors if actor.job is not None])
        self._advance(actor, kill=True)
        if actor.job is not None and not actor.is_given_up:
            self.orphans.append(actor.job)

    def _take_for_dead(self) -> None:
        """A worker sleeps so long that its job is given to another; it wakes up later."""
        actor = self.draw.choice([actor for actor in self.actors if actor.job is not None])
        if actor.is_given_up:
            return
        actor.is_given_up = True
        assert actor.job is not None
        self.note(f"{actor.name} sleeps at {actor.at}, and is taken for dead")
        self.jobs.give_back(actor.job)
        self._pass_time(20.0)

    def _rescue(self) -> None:
        number = self.orphans.pop()
        self.note(f"job {number} is given back")
        self.jobs.give_back(number)
        self.may_have_jobs = True

    def _pass_time(self, seconds: float | None = None) -> None:
        seconds = seconds or self.draw.choice(WAITS)
        self.note(f"{seconds:g} s pass")
        self.may_have_jobs = True
        self.time += timedelta(seconds=seconds)

    def _spoil_a_message(self) -> None:
        self.wire.fault = self.draw.choice(FAULTS)
        self.note(f"the next message: {self.wire.fault}")

    # What is watched

    def _after_commit(self, session: Session) -> None:
        self.has_committed = self.may_have_jobs = True
        actor = present_actor()
        if actor is None or session.in_nested_transaction():
            return
        actor.known = Known(self.facts.is_retracted, self.facts.is_stopped)
        actor.hold("a commit")

    def _hold_at_robot(self, point: str) -> None:
        actor = present_actor()
        if actor is None:
            return
        if actor.session is not None and not holds_nothing(actor.session):
            self.history.broken.append(f"{actor.name} holds rows and speaks to the robot: {point}")
        if actor.at != point:  # a history is read in pages
            actor.hold(point)

    def _note_sent(self, queue: str) -> None:
        actor = present_actor()
        if actor is None or actor.is_given_up:
            self.late |= {queue, queue.rsplit("_", 1)[0]}
        if actor is not None and (actor.known.is_retracted or actor.known.is_stopped):
            self.history.broken.append(f"{queue} is sent, and {actor.known}")

    def _holds(self) -> bool:
        if self.has_committed:
            self.facts = read_facts(self.stage.questions, self.stage.event_id)
            self.has_committed = False
        held = requests_held(self.facts, self.wire.held())
        self.late &= held | {item for item in self.late if self.wire.late}
        self.history.broken += broken_after_a_step(self.facts, held, self.late)
        return not self.history.broken

    def note(self, words: str) -> None:
        self.history.lines.append(f"{self.time:%H:%M:%S} {words}")

    def _end_all(self) -> None:
        """Let everybody who is held go on to the end; the dead stay dead."""
        while self.actors:
            actor = self.actors[0]
            if self.history.broken:
                actor.step(kill=True)
                self.actors.remove(actor)
            else:
                self._advance(actor)


def _hold(point: str) -> None:
    """Hold where a row is about to be locked, after something was read without a lock.

    Every other point of `crash` stands beside a commit or an exchange with the robot.
    """
    actor = present_actor()
    if actor is not None and point.startswith("before_lock"):
        actor.hold(point)

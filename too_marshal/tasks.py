"""Every background job, once: what it is asked with, where it runs, and what it never runs beside.

`tasks.submit(submission_id=3).defer(session)` asks for one. Which workflow does it stands in
`too_marshal.processes.worker`; a task that nobody does, or a workflow with other arguments, is a
test that fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Generic, ParamSpec

from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.jobs import CPU_BOUND, IO_BOUND, LATER, NORMAL, PATIENT, URGENT, defer

P = ParamSpec("P")


class Retry(Enum):
    """When a job that failed is tried again."""

    NEVER = "never"
    """It is asked for again anyway, by the clock or by a person."""

    TWICE = "twice"
    """Then it is kept as failed, with its reason, for the health page."""

    WHILE_DATABASE_IS_AWAY = "while the database is away"
    """What a robot was told must be settled, however long that takes."""


@dataclass(frozen=True)
class Job:
    """A task with its arguments, not asked for yet."""

    task: Task[Any]
    """What is to be done."""

    arguments: dict[str, Any]
    """With what; plain JSON."""

    def defer(  # noqa: PLR0913 - what one job may have of its own
        self,
        session: Session,
        *,
        wait: timedelta | None = None,
        at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> bool:
        """Ask for it; it exists once `session` commits, and not before.

        Parameters
        ----------
        session
            Open session.
        wait, at
            Not before that much later, or that time.
        priority, queue, lock
            Unless they are the task's own.

        Returns
        -------
        bool
            False where one of the same queueing lock already waits.
        """
        if wait is not None:
            at = now() + wait
        once = self.task.queueing_lock if at is None else self.task.delayed_queueing_lock
        return defer(
            session,
            self.task.name,
            priority=self.task.priority if priority is None else priority,
            lock=lock or self._named(self.task.lock),
            queueing_lock=self._named(once),
            at=at,
            queue=queue or self.task.queue,
            **self.arguments,
        )

    def _named(self, pattern: str | None) -> str | None:
        return None if pattern is None else pattern.format(**self.arguments)


@dataclass(frozen=True)
class Task(Generic[P]):
    """A kind of job."""

    name: str
    """As it stands in the database: jobs outlive the version that asked for them."""

    signature: inspect.Signature
    """Its arguments."""

    queue: str
    """Which workers' line it stands in."""

    retry: Retry
    """When it is tried again."""

    priority: int
    """The larger the sooner."""

    lock: str | None
    """Jobs of one lock never run at the same time, and keep their order."""

    queueing_lock: str | None
    """While a job of this lock waits, another is not added."""

    delayed_queueing_lock: str | None
    """The same, for those that are not to be done at once."""

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> Job:
        """Make a job of it."""
        return Job(self, dict(self.signature.bind(*arguments, **named).arguments))


TASKS: dict[str, Task[Any]] = {}
"""Every task, by name."""


def _task(  # noqa: PLR0913 - each is a property of a task
    *,
    queue: str = IO_BOUND,
    retry: Retry = Retry.TWICE,
    priority: int = NORMAL,
    lock: str | None = None,
    queueing_lock: str | None = None,
    delayed_queueing_lock: str | None = None,
) -> Callable[[Callable[P, None]], Task[P]]:
    """Declare a task by a function that has its name, its arguments and what it does."""

    def declare(function: Callable[P, None]) -> Task[P]:
        signature = inspect.signature(function)
        for pattern in (lock, queueing_lock, delayed_queueing_lock):
            if pattern is not None:
                pattern.format(**dict.fromkeys(signature.parameters))
        name = function.__name__
        task: Task[P] = Task(
            name, signature, queue, retry, priority, lock, queueing_lock,
            delayed_queueing_lock or queueing_lock,
        )  # fmt: skip
        TASKS[name] = task
        return task

    return declare


def event_lock(event_id: int) -> str:
    """What is decided about an event is decided in the order of its notices."""
    return f"event-{event_id}"


def automatic_lock(telescope: str) -> str:
    """Rules submit one after the other: each sees what the one before has taken of the budget."""
    return f"automatic-{telescope}"


# From a notice to people and plans.


@_task(retry=Retry.NEVER, lock="interpret_waiting", queueing_lock="interpret_waiting")
def interpret_waiting() -> None:
    """Interpret notices that were kept and never interpreted."""


@_task(retry=Retry.NEVER, queueing_lock="prune")
def prune() -> None:
    """Remove what could not be read for so long that nobody will."""


@_task()
def notify(notice_id: int) -> None:
    """Have the rules decide whom a notice wakes; under its event's lock."""


@_task(priority=URGENT)
def announce(rule_id: int, event_id: int, notice_id: int, what: str) -> None:
    """Tell people what a rule has decided."""


@_task(priority=URGENT, lock="delivery-{delivery_id}")
def deliver(delivery_id: int) -> None:
    """Send one message on one channel."""


@_task(priority=URGENT)
def call_people(submission_id: int, what: str) -> None:
    """Tell people that only they can settle a submission."""


@_task(priority=URGENT)
def tell_unread(notice_id: int) -> None:
    """Tell people of a notice that could not be read."""


@_task(priority=URGENT, queueing_lock="listeners-{event_id}")
def tell_listeners(event_id: int) -> None:
    """Write to those who want to know of an event, or who were told what does not hold any more."""


@_task(priority=URGENT, queueing_lock="channels-{event_id}")
def tell_channels(event_id: int) -> None:
    """Tell channels that what they were told of an event does not hold any more."""


@_task()
def tell_mentioned(note_id: int) -> None:
    """Write to those whom a note calls."""


@_task(priority=URGENT)
def open_alarm(event_id: int, why: str) -> None:
    """Have somebody see to an event: who is on call is woken."""


@_task(retry=Retry.NEVER, queueing_lock="look_for_alarms")
def look_for_alarms() -> None:
    """Ask again for steps of alarms that were lost."""


@_task(priority=URGENT, lock="alarm-{alarm_id}", queueing_lock="escalate-{alarm_id}-{step}")
def escalate(alarm_id: int, step: int) -> None:
    """Wake the next circle of people, unless somebody has acknowledged."""


@_task(priority=URGENT, lock="notification-{notification_id}")
def send_notification(notification_id: int) -> None:
    """Send one message to one address of a person."""


@_task(retry=Retry.NEVER, queueing_lock="start_drill")
def start_drill(by: str, wakes: bool) -> None:  # noqa: FBT001 - as it stands in the database
    """Begin a drill."""


@_task(priority=URGENT, lock="drill-{drill_id}", queueing_lock="drill-{drill_id}")
def run_drill(drill_id: int) -> None:
    """Take the next steps of a drill."""


@_task()
def localize(localization_id: int) -> None:
    """Read or make the map of a localization."""


@_task()
def fetch(localization_id: int) -> None:
    """Fetch the map that a notice links."""


@_task(priority=LATER)
def fetch_again(localization_id: int, look: int) -> None:
    """Look whether a linked map was replaced in place."""


# Nobody waits for a picture as for a plan.
@_task(
    queue=PATIENT,
    priority=LATER,
    lock="draw-{localization_id}",
    queueing_lock="draw-{localization_id}",
    delayed_queueing_lock="draw-later-{localization_id}",
)
def draw(localization_id: int) -> None:
    """Draw the map of a localization for where no script runs."""


@_task(queue=CPU_BOUND, priority=LATER, retry=Retry.NEVER, queueing_lock="tidy_archive")
def tidy_archive() -> None:
    """Close nights of the archive of alerts that are over, and join those of past months."""


@_task(queue=CPU_BOUND, priority=LATER, lock="score_alerts", queueing_lock="score_alerts")
def score_alerts() -> None:
    """Score the alerts that were kept lately by their images."""


@_task(queue=CPU_BOUND, priority=LATER)
def look_back(localization_id: int) -> None:
    """Keep the alerts of a new map's region that are in the archive already."""


@_task(priority=LATER)
def suggest_links(event_id: int) -> None:
    """Look for events that may be of the same source."""


@_task(queue=CPU_BOUND)
def combine(link_id: int) -> None:
    """Make the joint map of two linked events."""


# Somebody waits for a layer of the sky map that is open.
@_task(queue=CPU_BOUND, queueing_lock="difference-{old_id}-{new_id}")
def work_out_difference(old_id: int, new_id: int) -> None:
    """Work out what one map says otherwise than an earlier one."""


@_task(queue=CPU_BOUND, queueing_lock="galaxies-{table_id}-{localization_id}")
def rank_galaxies(table_id: int, localization_id: int) -> None:
    """Find the galaxies of a table that are most probable on a map."""


@_task(queue=CPU_BOUND, priority=LATER)
def combine_all(event_id: int) -> None:
    """Make the joint maps of an event anew."""


@_task(queue=CPU_BOUND)
def try_rule(trial_id: int) -> None:
    """Try a rule on the events of the past."""


@_task(queue=CPU_BOUND, priority=LATER, queueing_lock="nights-{localization_id}")
def work_out_nights(localization_id: int) -> None:
    """Work out what the nights to come offer for a map, where that is not known yet."""


@_task(retry=Retry.NEVER, priority=LATER, queueing_lock="look_for_new_nights")
def look_for_new_nights() -> None:
    """Ask for the nights that have come nearer, of events of the last days."""


# Plans.


@_task()
def propose_plans(localization_id: int) -> None:
    """Have the rules decide which plans a new map needs; under its event's lock."""


@_task(queue=CPU_BOUND)
def plan(plan_id: int) -> None:
    """Compute a plan."""


@_task(queue=CPU_BOUND, priority=LATER)
def work_out_curve(plan_id: int) -> None:
    """Work out what telescope time would buy, beside a plan."""


@_task(queue=CPU_BOUND)
def work_out_asked_curve(curve_id: int) -> None:
    """Work out what telescope time would buy, for somebody who waits for it."""


@_task(queue=CPU_BOUND)
def rescore(localization_id: int) -> None:
    """Measure an event's plans against its new map."""


@_task(queue=CPU_BOUND)
def rescore_event(event_id: int) -> None:
    """Measure an event's plans against its current map."""


@_task(queue=CPU_BOUND, priority=URGENT)
def offer(plan_id: int) -> None:
    """Judge whether a plan is worth replacing what the robot holds."""


# Robots.


@_task(priority=URGENT)
def preflight(preflight_id: int) -> None:
    """Hold a plan against the robot's live queue."""


@_task(priority=URGENT)
def submit_by_rule(plan_id: int, tries: int = 1) -> None:
    """Submit as a rule says, if all that it asks for still holds; under the telescope's lock."""


@_task(retry=Retry.WHILE_DATABASE_IS_AWAY, priority=URGENT, lock="submission-{submission_id}")
def submit(submission_id: int) -> None:
    """Take the next step of a submission."""


@_task(retry=Retry.WHILE_DATABASE_IS_AWAY, priority=URGENT, lock="replacement-{replacement_id}")
def swap(replacement_id: int) -> None:
    """Take the next step of a replacement."""


@_task(priority=URGENT)
def withdraw(event_id: int) -> None:
    """Withdraw whatever robots hold of a retracted event."""


# It has no lock in common with anything, since it must overtake a look-up that waits. Of those
# that are to come later one is enough.
@_task(
    retry=Retry.WHILE_DATABASE_IS_AWAY,
    priority=URGENT,
    delayed_queueing_lock="withdrawal-{submission_id}",
)
def withdraw_submission(submission_id: int) -> None:
    """Have a robot forget one submission."""


@_task(retry=Retry.NEVER, priority=URGENT)
def delete_queue(telescope: str, name: str, by: str) -> None:
    """Have a robot forget a queue that no submission knows of."""


@_task(retry=Retry.NEVER, priority=LATER, queueing_lock="track-{telescope}")
def track(telescope: str) -> None:
    """Ask a robot what it holds and what it has done."""


# Circulars.


@_task(retry=Retry.WHILE_DATABASE_IS_AWAY, priority=URGENT, lock="circular-{sending_id}")
def send_circular(sending_id: int) -> None:
    """Hand an approved circular to GCN, unless it may have arrived."""


@_task()
def recognize_circular(notice_id: int) -> None:
    """See whether a circular that came in is one of ours."""


# Exposures.


@_task(queue=CPU_BOUND, priority=URGENT, lock="cover-{event_id}-{telescope}")
def cover(event_id: int, telescope: str, localization_id: int | None = None) -> None:
    """Measure what a telescope has covered of an event."""


@_task(queue=CPU_BOUND, queueing_lock="cover-version-{localization_id}")
def cover_version(event_id: int, localization_id: int) -> None:
    """Measure what was covered of one version of an event's map."""


@_task(lock="treasure-map-{event_id}")
def share(event_id: int) -> None:
    """Tell the Treasure Map of an event's pointings."""


@_task(retry=Retry.NEVER, lock="read_others", queueing_lock="read_others")
def read_others() -> None:
    """Read from the Treasure Map what other groups have observed."""


@_task(retry=Retry.NEVER, priority=LATER, queueing_lock="read_archive-{telescope}")
def read_archive(telescope: str) -> None:
    """Read from an archive what was executed."""


@_task(retry=Retry.NEVER, priority=LATER, queueing_lock="read_references-{telescope}")
def read_references(telescope: str) -> None:
    """Read from an archive where there are reference images."""

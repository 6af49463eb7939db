"""What each actor can do: people, the mission, the clock, and the workers' tasks."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.interleavings.world import Stage
from too_marshal import tasks
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import KILL_SWITCH, Submission, Switch
from too_marshal.db.observing.replacements import Replacement, ReplacementState
from too_marshal.workflows.localizations import localize
from too_marshal.workflows.planning import offer, plan, rescore
from too_marshal.workflows.submissions import (
    approve,
    automatic,
    replace,
    submit,
    sweep,
    track,
    withdraw,
)
from too_marshal.workflows.submissions.approve import SubmissionForbidden

Task = Callable[..., None]


def workflows(stage: Stage) -> dict[str, Task]:
    """The workers' tasks, as `too_marshal.processes.bindings` binds them."""

    def on_robots(workflow: Task) -> Task:
        return lambda session, **about: workflow(session, stage.robots, **about)

    return {
        "submit": on_robots(submit.submit),
        "withdraw": withdraw.withdraw_event,
        "withdraw_submission": on_robots(withdraw.withdraw_submission),
        "swap": on_robots(replace.swap),
        "track": on_robots(track.track),
        "rescore": rescore.rescore,
        "rescore_event": rescore.rescore_event,
        "plan": plan.compute,
        "propose_plans": plan.propose_plans,
        "offer": offer.offer,
        "submit_by_rule": on_robots(automatic.submit_by_rule),
    }


def approve_a_plan(stage: Stage, draw: random.Random) -> None:
    """A person approves any plan that is ready."""
    with stage.sessions() as session:
        number = _any(session, draw, select(Plan.id).where(Plan.state == PlanState.READY))
        if number is not None:
            _try(
                session,
                lambda: approve.approve(
                    session, stage.robots, number, by="ann", idempotency_key=f"{draw.random()}"
                ),
            )


def withdraw_a_queue(stage: Stage, draw: random.Random) -> None:
    """A person withdraws any queue, also one that is over."""
    with stage.sessions() as session:
        number = _any(session, draw, select(Submission.id))
        if number is not None:
            withdraw.withdraw_by_person(session, number, by="ann")


def approve_an_offer(stage: Stage, draw: random.Random) -> None:
    """A person approves a replacement."""
    with stage.sessions() as session:
        offered = Replacement.state == ReplacementState.OFFERED
        number = _any(session, draw, select(Replacement.id).where(offered))
        if number is not None:
            _try(
                session,
                lambda: replace.approve_replacement(session, stage.robots, number, by="ann"),
            )


def retract(stage: Stage, _draw: random.Random) -> None:
    """The mission retracts the event."""
    with stage.sessions() as session:
        event = lock(session, Event, stage.event_id)
        event.is_retracted = True
        tasks.withdraw(event_id=event.id).defer(session)
        session.commit()


def update(stage: Stage, draw: random.Random) -> None:
    """The mission sends its next map; two of them may become ready in any order."""
    with stage.sessions() as session:
        waiting = select(Localization.id).where(Localization.state == LocalizationState.PENDING)
        number = _any(session, draw, waiting)
        if number is not None:
            localization = lock(session, Localization, number)
            localization.state = LocalizationState.READY
            session.flush()
            localize._choose_current(session, localization)
            session.commit()


def turn_the_switch(stage: Stage, _draw: random.Random) -> None:
    """A person stops all submission, or allows it again."""
    with stage.sessions() as session:
        switch = session.get(Switch, KILL_SWITCH) or Switch(name=KILL_SWITCH, is_on=False)
        switch.is_on = not switch.is_on
        session.add(switch)
        session.commit()


def ask_the_robot(stage: Stage, _draw: random.Random) -> None:
    """The clock asks for a look at the robot."""
    with stage.sessions() as session:
        tasks.track(telescope="ZTF").defer(session)
        session.commit()


def look_for_work(stage: Stage, _draw: random.Random) -> None:
    """The clock looks for what nobody is about to do."""
    with stage.sessions() as session:
        sweep.sweep(session)


def let_the_rule_submit(stage: Stage, draw: random.Random) -> None:
    """A plan of the rule is to be submitted."""
    with stage.sessions() as session:
        ready = (Plan.state == PlanState.READY) & Plan.rule_id.is_not(None)
        number = _any(session, draw, select(Plan.id).where(ready))
        if number is not None:
            tasks.submit_by_rule(plan_id=number).defer(session, lock=tasks.automatic_lock("ZTF"))
            session.commit()


WHAT_PEOPLE_DO: dict[Callable[[Stage, random.Random], None], float] = {
    approve_a_plan: 4.0,
    withdraw_a_queue: 1.0,
    approve_an_offer: 2.0,
    retract: 0.8,
    update: 1.5,
    turn_the_switch: 0.5,
    ask_the_robot: 6.0,
    look_for_work: 0.7,
    let_the_rule_submit: 0.7,
}
"""Every action that nobody has to ask for, and how often it is drawn."""


def _any(session: Session, draw: random.Random, query: Any) -> int | None:
    row_ids = session.scalars(query).all()
    return draw.choice(sorted(row_ids)) if row_ids else None


def _try(session: Session, act: Callable[[], object]) -> None:
    try:
        act()
    except SubmissionForbidden:
        session.rollback()

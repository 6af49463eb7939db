"""Take the steps of a drill, each once, whatever dies in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from too_marshal import tasks
from too_marshal.db.alarms import Alarm, Notification, Occasion
from too_marshal.db.base import now
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.drills import Drill
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.formatting import duration
from too_marshal.notices.others.drill import TOPIC
from too_marshal.workflows.alarms.escalate import CIRCLES, open_alarm
from too_marshal.workflows.alarms.send import Desk
from too_marshal.workflows.drills.report import faults_of, missing_of
from too_marshal.workflows.drills.robot import PROGRAM, TELESCOPE, exchange
from too_marshal.workflows.intake.ingest import Message, ingest
from too_marshal.workflows.planning.plan import ask_for_plan
from too_marshal.workflows.rehearse import alert, best_moment, retraction

LOOKS_EVERY = timedelta(seconds=2)

LASTS = timedelta(hours=1)
"""A drill that has not ended by then has failed: its event is retracted all the same."""

GRACE = timedelta(minutes=5)
"""For that; then it ends whatever is left."""

AUTHOR = "drill"
CHANNEL = "drill"


def run_drill(session: Session, desk: Desk, drill_id: int) -> None:
    """Take whatever steps can be taken now, and ask to look again; committed.

    Parameters
    ----------
    session, desk
        Open session, and what messages are written with.
    drill_id
        Which drill; one that has ended is left as it is.
    """
    drill = lock(session, Drill, drill_id)
    if drill.ended_at is not None:
        session.commit()
        return
    session.commit()  # what follows commits by itself; no two jobs of a drill run at a time
    if drill.event_id is None:
        _send_alert(session, drill)
    _go_on(session, desk, drill)
    drill = lock(session, Drill, drill_id)
    if drill.ended_at is None and now() - drill.started_at > LASTS + GRACE:
        _end(session, drill)
    if drill.ended_at is None:
        tasks.run_drill(drill_id=drill.id).defer(session, wait=LOOKS_EVERY)
    session.commit()


def _send_alert(session: Session, drill: Drill) -> None:
    """Send the notice in by the door of all notices; the same again is no second one."""
    name = f"MS{drill.started_at:%y%m%d}{_letters(drill.id)}"
    payload = alert(best_moment(drill.started_at), name, drill.started_at)
    received = ingest(session, Message(payload, CHANNEL, TOPIC))
    drill = lock(session, Drill, drill.id)
    drill.event_id = received.event_id
    _note(drill, "notice", now())
    session.commit()


def _letters(number: int) -> str:
    """A name of its own for each drill: at most six letters."""
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters


def _go_on(session: Session, desk: Desk, drill: Drill) -> None:
    event = session.get_one(Event, drill.event_id, populate_existing=True)
    alarm = open_alarm(session, event.id, f"drill by {drill.started_by}") if drill.wakes else None
    plan = _plan_of(session, event)
    if plan is not None and plan.state == PlanState.READY and "accepted" not in drill.steps:
        _exchange(session, drill, plan)
    drill = lock(session, Drill, drill.id)
    _note_times(session, drill, event, plan, alarm)
    is_late = now() - drill.started_at > LASTS
    may_end = is_late or ("accepted" in drill.steps and _has_been_heard(drill, alarm, desk))
    if may_end and "sent" not in drill.steps:
        # Kept first: the same words again are no second retraction.
        drill.steps = {**drill.steps, "sent": {"at": now().isoformat()}}
    session.commit()
    if "sent" in drill.steps and not event.is_retracted:
        sent = datetime.fromisoformat(drill.steps["sent"]["at"])
        ingest(session, Message(retraction(event.key, sent), CHANNEL, TOPIC))
    elif event.is_retracted:
        _see_off(session, drill, event)


def _plan_of(session: Session, event: Event) -> Plan | None:
    """The drill's plan, asked for once there is a map."""
    query = select(Plan).where(Plan.event_id == event.id, Plan.author == AUTHOR)
    plan = session.scalars(query, execution_options={"populate_existing": True}).first()
    if plan is not None or event.current_localization_id is None or event.is_retracted:
        return plan
    telescope, start = TELESCOPES[TELESCOPE], now()
    request = {
        "start": start.isoformat(),
        "end": (start + timedelta(hours=24)).isoformat(),
        "filters": list(telescope.default_filters),
        "exposure_time": dict.fromkeys(
            telescope.default_filters, float(telescope.exposure_time.to_value("s"))
        ),
    }
    return ask_for_plan(
        session, event, telescope=TELESCOPE, planner="greedy", program=PROGRAM, request=request,
        author=AUTHOR,
    )  # fmt: skip


def _exchange(session: Session, drill: Drill, plan: Plan) -> None:
    """Send the plan to the simulated robot, and have that forget it."""
    session.commit()  # no transaction stays open while a robot is spoken to
    began, said, fault = now(), "", ""
    try:
        done = exchange(plan, f"ToO_drill_{drill.id}")
        said = f"{done.exposures} exposures, taken in {done.accepted_after:.1f} s"
    except Exception as err:  # noqa: BLE001 - whatever it is, it is what the drill has found
        fault = f"{type(err).__name__}: {err}"[:300]
    drill = lock(session, Drill, drill.id)
    drill.plan_id = plan.id
    _note(drill, "accepted", began if fault else now(), said, fault)
    if not fault:
        _note(drill, "withdrawn", now())
    session.commit()


def _note_times(
    session: Session, drill: Drill, event: Event, plan: Plan | None, alarm: Alarm | None
) -> None:
    localization = event.current_localization
    if localization is not None and localization.ready_at is not None:
        _note(drill, "map", localization.ready_at)
    if plan is not None and plan.ready_at is not None:
        _note(drill, "plan", plan.ready_at)
    if not drill.wakes:
        return
    if alarm is None:
        if not event.is_retracted:
            _note(drill, "told", now(), fault="nobody can be reached")
        return
    told = session.scalar(
        select(func.min(Notification.sent_at)).where(Notification.alarm_id == alarm.id)
    )
    if told is not None:
        _note(drill, "told", told)
    if alarm.acknowledged_at is not None:
        said = f"{alarm.acknowledged_by}, by {alarm.acknowledged_how}"
        _note(drill, "acknowledged", alarm.acknowledged_at, said)


def _has_been_heard(drill: Drill, alarm: Alarm | None, desk: Desk) -> bool:
    """Whether somebody has acknowledged, or nobody will."""
    if not drill.wakes or alarm is None or alarm.acknowledged_at is not None:
        return True
    if now() - alarm.opened_at < (len(CIRCLES) + 1) * desk.escalate_after:
        return False
    _note(drill, "acknowledged", now(), fault="nobody has")
    return True


def _see_off(session: Session, drill: Drill, event: Event) -> None:
    """End the drill once all who were told know that nothing is to be done."""
    waiting = session.scalar(
        select(func.count(Notification.id)).where(
            Notification.event_id == event.id,
            Notification.occasion == Occasion.RETRACTION,
            Notification.state.in_((DeliveryState.WAITING, DeliveryState.SENDING)),
            Notification.due_at <= now(),
        )
    )
    drill = lock(session, Drill, drill.id)
    _note(drill, "retraction", event.changed_at)
    # The job that tells of it may not have run yet.
    patience = timedelta(seconds=10)
    if waiting or now() - event.changed_at < patience:
        session.commit()
        return
    last = session.scalar(
        select(func.max(Notification.sent_at)).where(
            Notification.event_id == event.id, Notification.occasion == Occasion.RETRACTION
        )
    )
    if last is not None:
        _note(drill, "spared", last)
    _end(session, drill)
    session.commit()


def _note(drill: Drill, step: str, at: datetime, said: str = "", fault: str = "") -> None:
    """Keep when a step was taken, the first time that this is said."""
    if step not in drill.steps:
        entry = {"at": at.isoformat(), "said": said, "fault": fault}
        drill.steps = {**drill.steps, step: entry}


def _end(session: Session, drill: Drill) -> None:
    drill.ended_at = now()
    faults = [*faults_of(drill), *missing_of(drill)]
    lasted = drill.ended_at - drill.started_at
    took = duration(lasted.total_seconds())
    if lasted > LASTS:
        faults.append(f"it took {took}")
    drill.is_good = not faults
    drill.outcome = "; ".join(faults) if faults else f"every step was taken, in {took}"
    record(
        session, f"Drill {drill.id}: {drill.outcome}", subject="event", event_id=drill.event_id,
        subject_id=drill.event_id,
    )  # fmt: skip

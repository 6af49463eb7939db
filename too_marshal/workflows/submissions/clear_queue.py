"""Delete a queue from a robot that is not one of our submissions, because a person says so."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.errors import QueueError, QueuePickedUp
from too_marshal import tasks
from too_marshal.db.events import record
from too_marshal.db.observing.queues import RobotQueue, Submission
from too_marshal.deployment.logs import without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.submissions.approve import SubmissionForbidden
from too_marshal.workflows.submissions.go_live import on_copy, refuse_on_copy


def ask_to_delete(session: Session, telescope: str, name: str, *, by: str) -> None:
    """Ask for the deletion of a queue that the robot was last seen to hold.

    Raises
    ------
    SubmissionForbidden
        If the robot does not hold it, or it is a submission of ours, which is withdrawn instead
        (also one that is over: it is taken up again).
    """
    refuse_on_copy(session)
    held = session.get(RobotQueue, telescope)
    if held is None or name not in held.requests:
        raise SubmissionForbidden(f"{telescope} holds no queue {name}")
    whole = held.requests[name]
    if session.scalar(select(Submission.id).where(Submission.queue_name == whole)) is not None:
        raise SubmissionForbidden(f"{name} is a submission of ours: withdraw it")
    record(session, f"{telescope} {name}: deletion asked for", subject="queue", actor=by)
    tasks.delete_queue(telescope=telescope, name=name, by=by).defer(session)
    session.commit()


def delete_queue(session: Session, robots: Robots, telescope: str, name: str, by: str) -> None:
    """Delete a queue from its robot, and say what became of it.

    Parameters
    ----------
    session
        Open session; committed.
    robots
        The robots that can be reached.
    telescope, name
        Whose queue, and which.
    by
        Who asked for it.
    """
    reason = on_copy(session)
    session.commit()  # no transaction stays open while the robot is spoken to
    if reason:
        record(session, f"{telescope} {name} was not deleted: {reason}", subject="queue", actor=by)
        session.commit()
        return
    try:
        robots.queue(telescope).withdraw(name)
        text = "was deleted"
    except QueuePickedUp as err:
        text = f"cannot be deleted: {without_secrets(str(err))}"
    except QueueError as err:
        text = f"may still be there: {without_secrets(str(err))}"
    record(session, f"{telescope} {name} {text}", subject="queue", actor=by)
    tasks.track(telescope=telescope).defer(session)
    session.commit()

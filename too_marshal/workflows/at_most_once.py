"""Send a row of the database to the outside: at the most once, whatever dies in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from too_marshal.db.alarms import Notification
from too_marshal.db.circulars import CircularSending
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.locks import lock
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.circulars.way import Answer

Row = TypeVar("Row", bound=Notification | Delivery | CircularSending)
Said = TypeVar("Said", bound=Outcome | Answer)


def send_at_most_once(  # noqa: PLR0913 - what is sent, how, and what is made of the answer
    session: Session,
    entity: type[Row],
    row_id: int,
    *,
    prepare: Callable[[Row], Callable[[], Said] | str],
    settle: Callable[[Session, Row, Said], None],
    say: Callable[[DeliveryState, str], Said],
    pauses: int,
) -> None:
    """Send what waits, unless it may have arrived; committed.

    Parameters
    ----------
    session
        Open session; committed.
    entity, row_id
        What waits; a row in any other state is left as it is.
    prepare
        How to send the held row, or why it is not to be sent.
    settle
        Notes on the held row what became of it, and asks for another attempt of what still waits.
    say
        Makes an answer of a state and its reason.
    pauses
        After how many further attempts it is given up.
    """
    row = lock(session, entity, row_id)
    if row.state == DeliveryState.SENDING:
        reason = "the process ended while it was being sent"
        settle(session, row, say(DeliveryState.UNCONFIRMED, reason))
    if row.state != DeliveryState.WAITING:
        session.commit()
        return
    post = prepare(row)
    if isinstance(post, str):
        settle(session, row, say(DeliveryState.FAILED, post))
        session.commit()
        return
    row.state, row.attempts = DeliveryState.SENDING, row.attempts + 1
    session.commit()  # before it is sent: what may have gone out is not sent again
    answer = post()
    row = lock(session, entity, row_id)
    if answer.state == DeliveryState.WAITING and row.attempts > pauses:
        answer = say(DeliveryState.FAILED, answer.reason)
    # Who took us for dead has called it unconfirmed, or it is known by now to have arrived: only
    # what is certain is better than that.
    if row.state == DeliveryState.SENDING or answer.state == DeliveryState.SENT:
        settle(session, row, answer)
    session.commit()

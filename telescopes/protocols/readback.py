"""What a submission or a withdrawal by HTTP came to, once its answer is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from telescopes.errors import QueueError, QueueIncomplete, QueueRefused, QueueUnconfirmed
from telescopes.observing_queue import QueueReceipt, QueueRequest
from telescopes.protocols.http import HTTPAnswer


def verify_submitted(
    request: QueueRequest,
    answer: HTTPAnswer,
    find: Callable[[QueueRequest], bool | None],
    holder: str = "the robot",
) -> QueueReceipt:
    """Compare what is held with what was said.

    A refusal is read back too: whoever said no may have stood between us and the robot.

    Parameters
    ----------
    request, answer
        What was sent, and what came back.
    find
        Tells what is held; see `ObservingQueue.find`.
    holder
        Who holds it, in words.

    Raises
    ------
    QueueRefused
        If it was refused, and is not there.
    QueueUnconfirmed
        If it cannot be said what is there, or if that is not what was sent.
    QueueIncomplete
        If `find` says so.
    """
    if answer.status >= 500 or answer.status == 408:
        raise QueueUnconfirmed(answer.message)
    try:
        is_held = find(request)
    except QueueIncomplete:
        raise
    except QueueError as err:
        raise QueueUnconfirmed(f"{answer.message}; it cannot be read back: {err}") from err
    if is_held:
        return QueueReceipt(request.name, answer.message)
    if is_held is None:
        raise QueueUnconfirmed(f"{answer.message}; but {holder} holds something else")
    if answer.status >= 300:
        raise QueueRefused(answer.message)
    raise QueueUnconfirmed(f"{answer.message}; but {holder} does not hold it")


def verify_deleted(
    name: str, reply: str, is_held: Callable[[], bool], holder: str = "the robot"
) -> None:
    """Return once a withdrawn queue is seen to be gone.

    Parameters
    ----------
    name, reply
        What was withdrawn, and what was said to that.
    is_held
        Whether it is still there.
    holder
        Who held it, in words.

    Raises
    ------
    QueueUnconfirmed
        If it is still there, or if that cannot be read.
    """
    try:
        is_left = is_held()
    except QueueError as err:
        raise QueueUnconfirmed(f"{reply}; whether it is gone cannot be read: {err}") from err
    if is_left:
        raise QueueUnconfirmed(f"{reply}; {holder} still holds {name}")


def contains(held: Any, sent: Any) -> bool:
    """Whether everything in `sent` is in `held`; the portal adds to what it is given."""
    if isinstance(sent, Mapping):
        return isinstance(held, Mapping) and all(
            name in held and contains(held[name], value) for name, value in sent.items()
        )
    if isinstance(sent, list):
        return (
            isinstance(held, list)
            and len(held) == len(sent)
            and all(contains(a, b) for a, b in zip(held, sent, strict=True))
        )
    if isinstance(sent, int | float) and isinstance(held, int | float):
        return math.isclose(sent, held, rel_tol=0, abs_tol=1e-5)
    return bool(held == sent)

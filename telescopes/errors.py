"""What can go wrong between the marshal and a robot."""

from collections.abc import Iterator
from contextlib import contextmanager


class QueueError(Exception):
    """Base of the errors that an `ObservingQueue` raises."""


class PlanUnsuitable(QueueError):
    """The robot could not accept the plan as it is; nothing was sent."""


class QueueRefused(QueueError):
    """The robot answered no; it holds nothing of this request."""


class QueueUnreachable(QueueError):
    """The message certainly did not arrive; it may be sent again."""


class QueueUnconfirmed(QueueError):
    """The message may have arrived: it must be asked about, never repeated."""


class QueueIncomplete(QueueError):
    """The robot holds some of the queues of a request, and certainly not the others.

    Sending the request again sends only what is missing; withdrawing it removes the rest. As
    with an absence, it is certain where `find` says so twice, a settle time apart.
    """


class ArchiveUnavailable(QueueUnreachable):
    """An archive did not answer, or not with what was asked; it may be asked again."""


class QueueUnknowable(QueueUnconfirmed):
    """The robot has no way to tell: a person must ask the observatory."""


class QueuePickedUp(QueueError):
    """The observatory has taken the plan; whether it observes it, only people there can say."""


@contextmanager
def looking_in(who: str) -> Iterator[None]:
    """See whether a service can be used: one that says no cannot, and nothing was asked of it.

    Raises
    ------
    QueueUnreachable
        If it refuses.
    """
    try:
        yield
    except QueueRefused as err:
        raise QueueUnreachable(f"{who} does not let us in: {err}") from err

"""A robot's queue: what every robot can be asked, and how it answers.

Every record is frozen. Quantities carry their units; bare numbers are
dimensionless. Arrays inside a record are not to be written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from astropy import units as u
from astropy.time import Time

from telescopes.findings import Finding
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.telescope import Telescope


@dataclass(frozen=True)
class QueueRequest:
    """A plan as it goes to a robot: everything that is in the message."""

    name: str
    """Queue name; unique for ever, chosen by the marshal."""

    body: str
    """The message word for word (JSON for ZTF)."""


@dataclass(frozen=True)
class QueueReceipt:
    """A robot's answer to a submission."""

    name: str
    """Queue name."""

    answer: str
    """Status and body word for word."""


@dataclass(frozen=True, eq=False)
class QueuedPlan:
    """What a robot says that it holds under one name."""

    name: str
    """Queue name."""

    start: Time
    """Validity window opens."""

    end: Time
    """Validity window closes."""

    is_too: bool
    """True where the robot treats it as a target of opportunity."""

    targets: tuple[Mapping[str, Any], ...]
    """What is left to do, in the robot's own terms."""

    request_name: str = ""
    """Name of the request that it is a part of; its own name if that is one queue."""

    def __post_init__(self) -> None:
        if not self.request_name:
            object.__setattr__(self, "request_name", self.name)


class ObservingQueue(Protocol):
    """A robot's queue. Raises only the errors of `telescopes.errors`."""

    @property
    def lists_until_done(self) -> bool:
        """Whether `queued` shows a plan until it is done; else only until it is picked up.

        Where files are dropped, one that has vanished was taken by the observatory, and may be
        observed until its window ends.
        """

    @property
    def resends_by_name(self) -> bool:
        """Whether a request that did not arrive may be sent again under its name.

        True where the robot tells queues apart by their names and `submit` looks first: what is
        sent twice is then there once.
        """

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:
        """How long something of `request` may be under way and yet unseen.

        A message whose connection broke may still be read, and an exposure whose shutter is
        open may be neither queued nor in the history. It is certainly absent where `find`
        says so twice, this long apart.
        """

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:
        """Write the message for `plan`. Pure: nothing is sent.

        Raises
        ------
        PlanUnsuitable
            If the robot could not accept the plan as it is.
        """

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Send `request` once: all of its queues or none.

        What a broken submission has left of a request is completed: see `QueueIncomplete`.

        Raises
        ------
        QueueRefused
            If the robot said no; it holds nothing of the request.
        QueueUnreachable
            If nothing that was sent now arrived. What an earlier call has left there is.
        QueueUnconfirmed
            If it, or a part of it, may have arrived. The caller then asks `find`, and never
            repeats.
        """

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the robot holds, or has begun, exactly this request.

        Returns
        -------
        bool or None
            True: it is there with the same content. False: it is certainly absent.
            None: something of that name is there but differs.

        Raises
        ------
        QueueIncomplete
            If some of its queues are there and others are not. `submit` completes it,
            `withdraw` removes it.
        """

    def predict_execution(
        self,
        plan: ObservingPlan,
        request: QueueRequest,
        held: Sequence[QueuedPlan],
        telescope: Telescope,
        now: Time,
    ) -> list[Finding]:
        """What this robot in particular will make of `request`. Pure: nothing is sent.

        Parameters
        ----------
        plan
            What `request` was prepared from; not empty.
        request
            What would be sent.
        held
            What `queued` has told.
        telescope
            Facts of the telescope.
        now
            The robot's time.
        """

    def withdraw(self, name: str) -> None:
        """Remove every queue of the request of that name; no error if there is none.

        Raises
        ------
        QueuePickedUp
            If it is no longer there because the observatory has taken it (where
            `lists_until_done` is false).
        """

    def queued(self) -> tuple[QueuedPlan, ...]:
        """Everything that the robot holds now, of all programs."""

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:
        """Exposures begun in [start, end), in the order of time."""

    def ping(self) -> None:
        """Return if the robot answers; raise `QueueUnreachable` if not."""

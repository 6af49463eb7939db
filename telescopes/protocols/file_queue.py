"""The queue of a telescope that takes its plans as files.

The observatory's side is a person or a script that picks files up. Nothing is known of
what becomes of them: exposures are reported to the marshal by upload.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from astropy import units as u
from astropy.time import Time

from telescopes.errors import QueuePickedUp, QueueRefused, QueueUnreachable
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueReceipt, QueueRequest
from telescopes.preflight.execution_forecast import KeepsTimes


class FileDrop(Protocol):
    """Where files go; see `telescopes.protocols.sftp.SFTPDrop`."""

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, whole or not at all; never over another."""

    def read(self, name: str) -> bytes | None:
        """Content of a file, or None if there is none."""

    def read_all(self, suffix: str) -> dict[str, bytes]:
        """Content of every file whose name ends in `suffix`."""

    def remove(self, name: str) -> bool:
        """Remove a file; False if there is none."""

    def ping(self) -> None:
        """Return if files can be dropped."""


class ObservingScript(Protocol):
    """How a telescope wants its plans written."""

    @property
    def suffix(self) -> str:
        """End of the file's name."""

    def write(self, plan: ObservingPlan, name: str, program: str, pi: str) -> str:
        """Write a plan down; raises `PlanUnsuitable`."""

    def read(self, name: str, text: str) -> QueuedPlan:
        """Read a plan back; raises ValueError, LookupError or TypeError."""


@dataclass(frozen=True)
class FileQueue(KeepsTimes):
    """Implements `telescopes.observing_queue.ObservingQueue`."""

    drop: FileDrop
    """Where files go."""

    script: ObservingScript
    """What is in them."""

    lists_until_done: ClassVar[bool] = False
    """What has vanished was picked up, and may be observed until its window ends."""

    resends_by_name: ClassVar[bool] = False
    """A second file would be picked up after the first."""

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:  # noqa: ARG002 - the same for all
        """A rename that was under way has been done by then."""
        return 60 * u.s

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:
        """Write the file; nothing is sent."""
        return QueueRequest(name, self.script.write(plan, name, program, pi))

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Drop the file, unless it is there."""
        match self.find(request):
            case True:
                return QueueReceipt(request.name, "exactly this file is there")
            case None:
                raise QueueRefused(f"another file of the name {request.name} is there")
        self.drop.write(self._file(request.name), request.body.encode())
        return QueueReceipt(request.name, f"{self._file(request.name)} is there")

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the file is there, and whether it is this one.

        A file that the observatory has picked up and moved away seems absent.
        """
        content = self.drop.read(self._file(request.name))
        if content is None:
            return False
        return True if content == request.body.encode() else None

    def withdraw(self, name: str) -> None:
        """Remove the file. Observers who have read it must be told otherwise.

        Raises
        ------
        QueuePickedUp
            If it is no longer there: then they have read it.
        """
        file = self._file(name)
        if not self.drop.remove(file):
            raise QueuePickedUp(f"{file} is no longer there: the observatory has picked it up")

    def queued(self) -> tuple[QueuedPlan, ...]:
        """Read the plans that lie there; files of other people are passed over."""
        plans = []
        for file, content in self.drop.read_all(self.script.suffix).items():
            try:
                name = file.removesuffix(self.script.suffix)
                plans.append(self.script.read(name, content.decode()))
            except (ValueError, LookupError, TypeError):
                continue
        return tuple(plans)

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:  # noqa: ARG002 - of the protocol
        """Nothing: there is no way back for exposures but an upload."""
        self.ping()
        return ()

    def ping(self) -> None:
        """Return if files can be dropped."""
        try:
            self.drop.ping()
        except QueueRefused as err:
            raise QueueUnreachable(str(err)) from err

    def _file(self, name: str) -> str:
        return name + self.script.suffix

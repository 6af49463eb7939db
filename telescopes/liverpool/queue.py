"""The queue of the Liverpool Telescope: RTML to its node agent, over SOAP.

The node agent confirms or rejects what it is sent, and that is all that it says: it can be
asked neither what it holds nor what it has done. What is in doubt stays in doubt until a
person asks the observatory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from astropy import units as u
from astropy.time import Time

from telescopes.errors import (
    QueueRefused,
    QueueUnconfirmed,
    QueueUnknowable,
    looking_in,
)
from telescopes.liverpool.rtml import Conditions, read_reply, write_abort, write_request
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueReceipt, QueueRequest
from telescopes.preflight.execution_forecast import KeepsTimes
from telescopes.protocols.soap import SOAPService

PATH = "/node_agent2/node_agent"
"""Of the node agent."""

OPERATION = "handle_rtml"


@dataclass(frozen=True)
class LiverpoolQueue(KeepsTimes):
    """Implements `telescopes.observing_queue.ObservingQueue`."""

    agent: SOAPService
    """The node agent, with the account in its headers."""

    user: str
    """Name of the account."""

    proposal: str
    """Whose time is charged where a request is withdrawn."""

    conditions: Conditions = field(default_factory=Conditions)
    """Of the sky."""

    lists_until_done: ClassVar[bool] = True
    """It shows a plan until it is done."""

    resends_by_name: ClassVar[bool] = False
    """The same name may be there twice."""

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:  # noqa: ARG002 - the same for all
        """A document is read by then."""
        return 120 * u.s

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:  # noqa: ARG002 - the account knows the PI
        """Write the document; `program` is the proposal."""
        return QueueRequest(name, write_request(plan, name, program, self.user, self.conditions))

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Send the document once. It cannot be looked for: never repeat one that is in doubt."""
        operation = self.agent.describe(OPERATION)
        return QueueReceipt(
            request.name, self._judged(self.agent.call(operation, request.body), request.name)
        )

    @staticmethod
    def _judged(text: str, name: str) -> str:
        """Words of a confirmation, or raise what else a reply means."""
        try:
            mode, uid, comment = read_reply(text)
        except ValueError as err:
            raise QueueUnconfirmed(f"the reply cannot be read: {err}") from err
        if uid != name:
            raise QueueUnconfirmed(f"the reply is about {uid!r}, not {name}: {mode}: {comment}")
        if mode == "reject":
            raise QueueRefused(f"reject: {comment}")
        if mode != "verify_submitted":
            raise QueueUnconfirmed(f"{mode}: {comment}")
        return f"{mode}: {comment}"

    def find(self, request: QueueRequest) -> bool | None:
        """Nothing: the node agent cannot be asked."""
        raise QueueUnknowable(
            f"the node agent does not tell whether it holds {request.name}: ask the observatory"
        )

    def withdraw(self, name: str) -> None:
        """Abort the request; the node agent rejects what it does not have."""
        operation = self.agent.describe(OPERATION)
        self._judged(self.agent.call(operation, write_abort(name, self.proposal, self.user)), name)

    def queued(self) -> tuple[QueuedPlan, ...]:
        """Nothing: the node agent cannot be asked."""
        self.ping()
        raise QueueUnknowable("the node agent answers, but does not tell what it holds")

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:  # noqa: ARG002 - of the protocol
        """Nothing: there is no way back for exposures but an upload."""
        self.ping()
        return ()

    def ping(self) -> None:
        """Return if the node agent describes itself."""
        with looking_in("the node agent"):
            self.agent.describe(OPERATION)

"""The queue of a robot that an operator has described: HTTP, JSON, names in paths and bodies.

The robot is taken to keep a queue as it was sent until it is done or deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from astropy import units as u
from astropy.time import Time

from telescopes.configured.list import HeldQueue, read_queues
from telescopes.configured.settings import Configuration
from telescopes.configured.templates import at, fill, fill_path
from telescopes.errors import (
    QueueRefused,
    QueueUnconfirmed,
    QueueUnreachable,
    looking_in,
)
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueReceipt, QueueRequest
from telescopes.preflight.execution_forecast import KeepsTimes
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from telescopes.protocols.readback import contains, verify_deleted, verify_submitted
from telescopes.tables.exposure_tables import TableUnreadable, read_exposure_table
from telescopes.telescope import Telescope
from telescopes.times import iso


@dataclass(frozen=True)
class ConfiguredQueue(KeepsTimes):
    """Implements `telescopes.observing_queue.ObservingQueue`."""

    telescope: Telescope
    """Whose filters and limits hold."""

    transport: HTTPTransport
    """The robot, with the filled headers."""

    configuration: Configuration
    """Its interface."""

    lists_until_done: ClassVar[bool] = True
    """It shows a plan until it is done."""

    resends_by_name: ClassVar[bool] = False
    """The same name may be there twice."""

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:  # noqa: ARG002 - the same for all
        """Nothing is known of the robot: two minutes."""
        return 120 * u.s

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:
        """Fill the template of the body."""
        exposures = checked_exposures(plan, self.telescope, name)
        first, last = exposures[0].planned, exposures[-1].planned
        fields = {
            "name": name,
            "program": program,
            "pi": pi,
            **_window(first.start, max(plan.request.end, last.start + last.exposure_time)),
            "exposures": [
                fill(self.configuration.submit.exposure, self._fields(plan, exposure, index))
                for index, exposure in enumerate(exposures, start=1)
            ],
        }
        body = fill(self.configuration.submit.body, fields)
        return QueueRequest(name, json.dumps(body, allow_nan=False))

    def _fields(self, plan: ObservingPlan, exposure: CheckedExposure, index: int) -> dict[str, Any]:
        planned = exposure.planned
        return {
            "number": index,
            "field_id": planned.field_id,
            **exposure.rounded,
            "filter": self.configuration.filters.get(planned.filter, planned.filter),
            "exposure_time": exposure.seconds,
            **_window(planned.start, max(plan.request.end, planned.start)),
            "airmass_limit": min(plan.request.airmass_limit, self.telescope.airmass_limit),
        }

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Look first, send once, read back."""
        match self.find(request):
            case True:
                return QueueReceipt(request.name, "the robot already holds exactly this queue")
            case None:
                raise QueueRefused(f"the robot holds another queue of the name {request.name}")
        submit = self.configuration.submit
        path = fill_path(submit.path, {"name": request.name})
        answer = self.transport.exchange(submit.method, path, body=request.body)
        receipt = verify_submitted(request, answer, self.find)
        self._check_ok(answer)
        return receipt

    def _check_ok(self, answer: HTTPAnswer) -> None:
        """See that an answer says what a good one says."""
        ok = self.configuration.ok
        if ok is None:
            return
        try:
            value = at(answer.json(), ok.path)
        except (LookupError, QueueUnreachable) as err:
            raise QueueUnconfirmed(f"{answer.message}; nothing at {ok.path}") from err
        if value != ok.value:
            raise QueueUnconfirmed(f"{answer.message}; {ok.path} is {value!r}")

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the robot holds exactly this queue; one that is done seems absent."""
        named = [queue for queue in self._queues() if queue.name == request.name]
        if not named:
            return False
        sent = at(json.loads(request.body), self.configuration.submit.exposures_at)
        return True if len(named) == 1 and contains(named[0].exposures, sent) else None

    def withdraw(self, name: str) -> None:
        """Delete the queue, if it is there, and see that it is gone."""
        if not self._holds(name):
            return
        delete = self.configuration.delete
        path = fill_path(delete.path, {"name": name})
        body = None if delete.body is None else fill(delete.body, {"name": name})
        try:
            reply = self.transport.exchange(
                delete.method, path, body=None if body is None else json.dumps(body)
            ).message
        except QueueUnconfirmed as err:
            reply = str(err)
        verify_deleted(name, reply, lambda: self._holds(name))

    def queued(self) -> tuple[QueuedPlan, ...]:
        """All queues that the robot shows; those whose name begins with ToO count as such."""
        return tuple(
            QueuedPlan(
                queue.name,
                queue.start,
                queue.end,
                is_too=queue.name.startswith("ToO"),
                targets=tuple(queue.exposures),
            )
            for queue in self._queues()
        )

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:
        """Exposures begun in [start, end), if the robot tells of any.

        They are read as an uploaded table is; rows that cannot be understood are passed over.
        """
        executed = self.configuration.executed
        if executed is None:
            self.ping()
            return ()
        path = fill_path(executed.path, {"start": start.utc.isot, "end": end.utc.isot})
        answer = self.transport.exchange("GET", path).expect()
        try:
            rows = at(answer.json(), executed.items)
            if rows == []:
                return ()
            table = read_exposure_table(
                json.dumps(rows).encode(), telescope=self.telescope, now=None
            )
        except (LookupError, TableUnreadable) as err:
            raise QueueUnreachable(f"the exposures cannot be read: {err}") from err
        within = [each for each in table.exposures if start <= each.start < end]
        return sorted(within, key=lambda exposure: float(exposure.start.mjd))

    def ping(self) -> None:
        """Return if the robot shows its queues."""
        with looking_in("the robot"):
            self._queues()

    def _queues(self) -> list[HeldQueue]:
        answer = self.transport.exchange("GET", self.configuration.listing.path)
        return read_queues(answer.expect(), self.configuration.listing)

    def _holds(self, name: str) -> bool:
        return any(queue.name == name for queue in self._queues())


def _window(start: Time, end: Time) -> dict[str, Any]:
    return {
        "start": iso(start),
        "end": iso(end),
        "start_mjd": float(start.utc.mjd),
        "end_mjd": float(end.utc.mjd),
    }

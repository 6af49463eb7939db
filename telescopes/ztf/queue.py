"""The queue of the ZTF scheduler.

The scheduler (the daemon around github.com/ZwickyTransientFacility/ztf_sim) identifies
queues by name alone, answers 201 for a new name and 200 for one that exists, follows the
list in order, and forgets a queue that is empty or expired. Whether a vanished queue was
executed is then known from the history of the night only. A request may be several queues
(see `telescopes.ztf.blocks`); they are sent, found, withdrawn and counted as one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from astropy import units as u
from astropy.time import Time

from telescopes.errors import (
    QueueError,
    QueueIncomplete,
    QueueRefused,
    QueueUnconfirmed,
    QueueUnreachable,
    looking_in,
)
from telescopes.findings import Finding
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueReceipt, QueueRequest
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from telescopes.protocols.readback import verify_deleted, verify_submitted
from telescopes.tables.exposure_tables import ExposureTable
from telescopes.telescope import Telescope
from telescopes.ztf.executed import read_executed, taken_of
from telescopes.ztf.execution_forecast import ExecutionForecast
from telescopes.ztf.messages import (
    EARLIEST,
    LATEST,
    dump,
    read_messages,
    request_of,
    write_messages,
)
from telescopes.ztf.presence import Message, Presence, presence
from telescopes.ztf.scheduler import Scheduler

_log = logging.getLogger(__name__)

SLACK = 60 * u.s
"""A message is read, and a closed shutter is in the history, this much later at most."""

SURVEY_QUEUES = frozenset({"default", "fallback"})
"""Queues of the survey; they always exist."""


@dataclass(frozen=True)
class ZTFQueue:
    """Implements `telescopes.observing_queue.ObservingQueue`."""

    scheduler: Scheduler
    """The way to the scheduler."""

    depot: HTTPTransport | None = None
    """The depot of processed quadrants; without it the history alone is used."""

    clock: Callable[[], Time] = Time.now
    """Tells which windows have closed."""

    lists_until_done: ClassVar[bool] = True
    """It shows a plan until it is done."""

    resends_by_name: ClassVar[bool] = True
    """Names are unique there, and `submit` looks first."""

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:
        """Write the bodies of ``PUT /queues``; see `telescopes.ztf.messages.write_messages`."""
        messages = write_messages(plan, name, program, pi)
        signed = [{**message, **self.scheduler.signature} for message in messages]
        return QueueRequest(name, dump({"queues": signed}))

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:
        """As long as its longest exposure, until that is in the history."""
        return (
            max(
                target["exposure_time"]
                for message in read_messages(request.body)
                for target in message["targets"]
            )
            * u.s
            + SLACK
        )

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Look first, send each queue once, read all back; all of them or none.

        What a broken submission has left there is completed: only what is missing is sent.
        Where one queue is refused, the others are deleted.
        """
        look = self._look(request)
        if look.differs:
            raise QueueRefused(f"the robot holds another queue of the name {request.name}")
        if look.there and not look.absent:
            return QueueReceipt(request.name, "the robot already holds exactly this queue")
        # What is over would be lost anyway; but if all of it is, the robot shall say so.
        answer = self._put(look.absent or look.over, is_begun=bool(look.there))
        try:
            return verify_submitted(request, answer, self._compare)
        except QueueIncomplete as err:
            message = f"{answer.message}; but {err}"
            if answer.status < 300:
                raise QueueUnconfirmed(message) from err
        self._take_back(request.name, message)
        raise QueueRefused(answer.message)

    def _put(self, messages: Sequence[Message], *, is_begun: bool) -> HTTPAnswer:
        """Send queues up to the first that is not taken; the last answer.

        Raises
        ------
        QueueUnreachable
            If nothing of the request can be there.
        QueueUnconfirmed
            If the connection broke on the way.
        """
        for n_sent, message in enumerate(messages):
            try:
                answer = self.scheduler.put_queue(dump(message))
            except QueueUnreachable as err:
                if not n_sent and not is_begun:
                    raise
                raise QueueUnconfirmed(f"{n_sent} of {len(messages)} were sent: {err}") from err
            if answer.status >= 300:
                break
        return answer

    def _take_back(self, name: str, message: str) -> None:
        try:
            self.withdraw(name)
        except QueueError as err:
            raise QueueUnconfirmed(f"{message}; what is there is not taken back: {err}") from err

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the robot holds, or has begun, exactly this request.

        See `telescopes.ztf.presence.presence`. A queue whose last exposure is open just now
        seems absent, hence `confirmation_delay`.

        Raises
        ------
        QueueIncomplete
            If only some of its queues are there.
        QueueUnconfirmed
            If one is not there, its window has opened, and there is no history to ask.
        """
        look = self._look(request)
        vanished = [
            message
            for message in (*look.absent, *(() if look.there else look.over))
            if float(message["validity_window_mjd"][0]) <= self._now()
        ]
        if vanished and not look.differs and not self.scheduler.knows_history:
            raise QueueUnconfirmed(
                f"{vanished[0]['queue_name']} is not there, but it may have been executed:"
                " this way to the robot has no history"
            )
        return look.result_of_find()

    def _compare(self, request: QueueRequest) -> bool | None:
        """Do as `find`, by the robot's own account."""
        return self._look(request).result_of_find()

    def _look(self, request: QueueRequest) -> Presence:
        sent = read_messages(request.body)
        held = {queue.name: queue for queue in self.scheduler.queues()}
        executed, latest = taken_of(self.scheduler, request.name, sent)
        return presence(sent, held, executed, max(self._now(), latest))

    def _now(self) -> float:
        return float(self.clock().utc.mjd)

    def withdraw(self, name: str) -> None:
        """Delete every queue of that request and see that all are gone.

        An open exposure is finished.
        """
        reply = ""
        for part in self._parts(name):
            try:
                reply = self.scheduler.delete_queue(part).message
            except QueueUnconfirmed as err:
                reply = str(err)
        if reply:
            verify_deleted(name, reply, lambda: bool(self._parts(name)))

    def _parts(self, name: str) -> list[str]:
        """Names of the queues of a request that the robot holds."""
        return [
            queue.name
            for queue in self.scheduler.queues()
            if name in {queue.name, request_of(queue.name, queue.targets)}
        ]

    def predict_execution(
        self,
        plan: ObservingPlan,
        request: QueueRequest,
        held: Sequence[QueuedPlan],
        telescope: Telescope,
        now: Time,
    ) -> list[Finding]:
        """What the scheduler will make of it; see `telescopes.ztf.execution_forecast`."""
        return ExecutionForecast(plan, request, telescope, now).findings(held)

    def queued(self) -> tuple[QueuedPlan, ...]:
        """All list queues. One without a window is given the scheduler's limits."""
        plans = []
        for queue in self.scheduler.queues():
            if queue.name in SURVEY_QUEUES:
                continue
            start, end = queue.window or (EARLIEST, LATEST)
            plans.append(
                QueuedPlan(
                    queue.name,
                    Time(start, format="mjd", scale="utc"),
                    Time(end, format="mjd", scale="utc"),
                    queue.is_too,
                    queue.targets,
                    request_of(queue.name, queue.targets),
                )
            )
        return tuple(plans)

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:
        """Exposures begun in [start, end) on the robot's clock, in the order of time.

        See `telescopes.ztf.exposures` for what counts before the quadrants are processed.
        Exposures whose ``queue_name`` is None belong to the survey or are not yet known to
        the scheduler. Rows that cannot be understood are logged.
        """
        table = self.executed_table(start, end)
        for row in table.rejected:
            _log.warning("an exposure of ZTF is put aside: %s: %s", row.reason, row.text)
        return table.exposures

    def executed_table(self, start: Time, end: Time) -> ExposureTable:
        """As `executed`, with the rows that could not be understood."""
        return read_executed(self.scheduler, self.depot, start, end)

    def ping(self) -> None:
        """Return if the scheduler answers; raise `QueueUnreachable` if it cannot be used."""
        with looking_in("the scheduler"):
            self.scheduler.ping()

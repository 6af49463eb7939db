"""The queue of the ZTF scheduler.

The scheduler (the daemon around github.com/ZwickyTransientFacility/ztf_sim) identifies
queues by name alone, answers 201 for a new name and 200 for one that exists, follows the
list in order, and forgets a queue that is empty or expired. Whether a vanished queue was
executed is then known from the history of the night only.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from astropy import units as u
from astropy.time import Time

from telescopes.confirming import confirm, confirm_gone
from telescopes.errors import QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.exposure_tables import ExposureTable
from telescopes.findings import Finding
from telescopes.observing import (
    ExecutedExposure,
    ObservingPlan,
    QueuedPlan,
    QueueReceipt,
    QueueRequest,
    Telescope,
)
from telescopes.transports import HTTPTransport
from telescopes.ztf_exposures import merge
from telescopes.ztf_foresight import Foresight
from telescopes.ztf_messages import (
    EARLIEST,
    FILTER_IDS,
    LATEST,
    dump,
    key,
    missing_targets,
    same_window,
    unaccounted,
    write_message,
)
from telescopes.ztf_records import Processed, read_processed
from telescopes.ztf_scheduler import Scheduler, SchedulerQueue, expect

_log = logging.getLogger(__name__)

SLACK = 60 * u.s
"""A message is read, and a closed shutter is in the history, this much later at most."""

STANDING = frozenset({"default", "fallback"})
"""Queues of the survey; they always exist."""


@dataclass(frozen=True)
class ZTFQueue:
    """Implements `telescopes.observing.ObservingQueue`."""

    scheduler: Scheduler
    """The way to the scheduler."""

    depot: HTTPTransport | None = None
    """The depot of processed quadrants; without it the history alone is used."""

    lists_until_done: ClassVar[bool] = True
    """It shows a plan until it is done."""

    resends_by_name: ClassVar[bool] = True
    """Names are unique there, and `submit` looks first."""

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:
        """Write the body of ``PUT /queues``; see `telescopes.ztf_messages.write_message`."""
        message = write_message(plan, name, program, pi)
        return QueueRequest(name, dump({**message, **self.scheduler.signature}))

    def settle_time(self, request: QueueRequest) -> u.Quantity[u.physical.time]:
        """As long as its longest exposure, until that is in the history."""
        targets = json.loads(request.body)["targets"]
        return max(target["exposure_time"] for target in targets) * u.s + SLACK

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Look first, send once, read back."""
        match self._compare(request):
            case True:
                return QueueReceipt(request.name, "the robot already holds exactly this queue")
            case None:
                raise QueueRefused(f"the robot holds another queue of the name {request.name}")
        answer = self.scheduler.put_queue(request.body)
        return confirm(request, answer, self._compare)

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the robot holds, or has begun, exactly this request.

        A queue that is being executed is there with fewer targets. It is still the same
        where the history accounts for those that are gone; while the robot follows the
        queue one more may be gone, whose shutter is open just now. A queue that has
        vanished was begun if the history has exposures of its subprogram; one whose last
        exposure is open just now seems absent, hence `settle_time`.

        Raises
        ------
        QueueUnconfirmed
            If it is not there, its window has opened, and there is no history to ask.
        """
        found = self._compare(request)
        start = json.loads(request.body)["validity_window_mjd"][0]
        if found is False and not self.scheduler.knows_history and Time.now().mjd >= start:
            raise QueueUnconfirmed(
                f"{request.name} is not there, but it may have been executed:"
                " this way to the robot has no history"
            )
        return found

    def _compare(self, request: QueueRequest) -> bool | None:
        """Do as `find`, by the robot's own account."""
        sent = json.loads(request.body)
        held = self._held(request.name)
        executed = self._executed(request.name, sent)
        if held is None:
            if not executed:
                return False
            return True if not set(executed) - set(map(key, sent["targets"])) else None
        missing = missing_targets(sent["targets"], held.targets)
        if missing is None or not same_window(sent, held.window):
            return None
        lost = unaccounted(missing, executed)
        # The robot follows the list: what is exposed now stood before something that is left.
        may_be_open = held.is_current and held.targets and missing[-1:] != sent["targets"][-1:]
        return True if lost == 0 or (lost == 1 and may_be_open) else None

    def withdraw(self, name: str) -> None:
        """Delete the queue and see that it is gone; an open exposure is finished."""
        try:
            words = self.scheduler.delete_queue(name).words
        except QueueUnconfirmed as err:
            words = str(err)
        confirm_gone(name, words, lambda: self._held(name) is not None)

    def foresee(
        self,
        plan: ObservingPlan,
        request: QueueRequest,
        held: Sequence[QueuedPlan],
        telescope: Telescope,
        now: Time,
    ) -> list[Finding]:
        """What the scheduler will make of it; see `telescopes.ztf_foresight`."""
        return Foresight(plan, request, telescope, now).findings(held)

    def queued(self) -> tuple[QueuedPlan, ...]:
        """All list queues. One without a window is given the scheduler's limits."""
        plans = []
        for queue in self.scheduler.queues():
            if queue.name in STANDING:
                continue
            start, end = queue.window or (EARLIEST, LATEST)
            plans.append(
                QueuedPlan(
                    queue.name,
                    Time(start, format="mjd", scale="utc"),
                    Time(end, format="mjd", scale="utc"),
                    queue.is_too,
                    queue.targets,
                )
            )
        return tuple(plans)

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:
        """Exposures begun in [start, end) on the robot's clock, in the order of time.

        See `telescopes.ztf_exposures` for what counts before the quadrants are processed.
        Exposures whose ``queue_name`` is None belong to the survey or are not yet known to
        the scheduler. Rows that cannot be understood are logged.
        """
        table = self.executed_table(start, end)
        for row in table.rejected:
            _log.warning("an exposure of ZTF is put aside: %s: %s", row.reason, row.text)
        return table.exposures

    def executed_table(self, start: Time, end: Time) -> ExposureTable:
        """As `executed`, with the rows that could not be understood."""
        first, last = float(start.utc.mjd), float(end.utc.mjd)
        histories = [self.scheduler.history(date) for date in _dates(first, last)]
        processed = [self._processed(date) for date in _dates(first, last)]
        merged = merge(
            [entry for history in histories for entry in history.entries],
            [exposure for table in processed for exposure in table.exposures],
        )
        rejected = [row for history in histories for row in history.rejected]
        rejected += [row for table in processed for row in table.rejected]
        exposures = [each for each in merged if first <= float(each.start.mjd) < last]
        return ExposureTable(tuple(exposures), tuple(rejected))

    def ping(self) -> None:
        """Return if the scheduler answers; raise `QueueUnreachable` if it cannot be used."""
        try:
            self.scheduler.ping()
        except QueueRefused as err:
            raise QueueUnreachable(f"the scheduler does not let us in: {err}") from err

    def _held(self, name: str) -> SchedulerQueue | None:
        return next((queue for queue in self.scheduler.queues() if queue.name == name), None)

    def _executed(self, name: str, sent: Mapping[str, Any]) -> list[tuple[int, int]]:
        """Field and filter of what the history has of this queue."""
        start, end = sent["validity_window_mjd"]
        histories = [self.scheduler.history(date) for date in _dates(start, end + 1e-6)]
        odd = [row for history in histories for row in history.rejected if name in row.text]
        if odd:
            raise QueueUnreachable(f"the history of {name} cannot be read: {odd[0].reason}")
        return [
            (entry.field_id, FILTER_IDS[entry.filter])
            for history in histories
            for entry in history.entries
            if entry.subprogram_name == name and entry.filter in FILTER_IDS
        ]

    def _processed(self, date: str) -> Processed:
        """The depot's table of one UT date; nothing before it exists."""
        if self.depot is None:
            return Processed()
        day = date.replace("-", "")
        answer = self.depot.exchange("GET", f"/{day}/ztf_recentproc_{day}.json")
        return Processed() if answer.status == 404 else read_processed(expect(answer).json())


def _dates(start: float, end: float) -> list[str]:
    """UT dates (ISO) that meet [start, end) in MJD."""
    days = range(int(start), int(end) + (end > int(end)))
    return [Time(day, format="mjd", scale="utc").strftime("%Y-%m-%d") for day in days]

"""The queue of WINTER, through the observatory's web interface.

The observatory takes any number of schedules of one target name and gives each a name of its
own: ours is looked for by its targets before it is sent, and read back after.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from astropy import units as u
from astropy.time import Time

from telescopes.errors import QueueRefused, QueueUnconfirmed, QueueUnreachable, looking_in
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueReceipt, QueueRequest
from telescopes.preflight.execution_forecast import KeepsTimes
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from telescopes.protocols.readback import verify_deleted, verify_submitted
from telescopes.winter.messages import dump, read_rows, same_schedule, write_targets


@dataclass(frozen=True)
class WINTERQueue(KeepsTimes):
    """Implements `telescopes.observing_queue.ObservingQueue`."""

    service: HTTPTransport
    """The observatory, with the account in its headers."""

    program: str
    """Name of the program that is charged; only its schedules can be seen."""

    key: str = field(repr=False)
    """Key of the program."""

    lists_until_done: ClassVar[bool] = True
    """It shows a plan until it is done."""

    resends_by_name: ClassVar[bool] = False
    """The same name may be there twice."""

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:  # noqa: ARG002 - the same for all
        """The observatory may show a schedule some seconds late (SkyPortal)."""
        return 60 * u.s

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:  # noqa: ARG002 - both go with the key
        """Write the body of ``POST /too/winter``."""
        return QueueRequest(name, dump(write_targets(plan, name)))

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Look first, send once, read back."""
        match self.find(request):
            case True:
                return QueueReceipt(request.name, "the observatory already holds exactly this")
            case None:
                raise QueueRefused(f"the observatory holds another schedule of {request.name}")
        answer = self._exchange("POST", "/too/winter", request.body, submit_trigger="true")
        return verify_submitted(request, answer, self.find, "the observatory")

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the observatory has exactly this schedule, waiting or done.

        Two schedules with these targets, even if both are this one, are a doubling: None.
        """
        named = self._named(request.name, archived=True)
        if not named:
            return False
        rows = next(iter(named.values()))
        return True if len(named) == 1 and same_schedule(json.loads(request.body), rows) else None

    def withdraw(self, name: str) -> None:
        """Delete every schedule with targets of that name, and see that none is left."""
        reply = ""
        for schedule in self._named(name):
            try:
                reply = self._exchange("DELETE", "/too/delete", schedule_name=schedule).message
            except QueueUnconfirmed as err:
                reply = str(err)
        if not reply:
            return
        verify_deleted(name, reply, lambda: bool(self._named(name)), "the observatory")

    def queued(self) -> tuple[QueuedPlan, ...]:
        """Waiting schedules of the program; one whose targets have one name goes by that."""
        plans = []
        for schedule, rows in self._schedules().items():
            names = {str(row.get("targName", schedule)) for row in rows}
            plans.append(
                QueuedPlan(
                    names.pop() if len(names) == 1 else schedule,
                    _time(min(row["validStart"] for row in rows)),
                    _time(max(row["validStop"] for row in rows)),
                    is_too=True,
                    targets=tuple(row for row in rows if not row["observed"]),
                )
            )
        return tuple(plans)

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:  # noqa: ARG002 - of the protocol
        """Nothing: schedules tell what was observed, but not when. Exposures are uploaded."""
        self.ping()
        return ()

    def ping(self) -> None:
        """Return if the observatory answers."""
        with looking_in("the observatory"):
            # The list is asked for, because whatever answers "/ping" may be any web server.
            self._summary()

    def _named(self, name: str, *, archived: bool = False) -> dict[str, list[Mapping[str, Any]]]:
        """Schedules with a target of that name."""
        return {
            schedule: rows
            for schedule, rows in self._schedules(archived=archived).items()
            if any(row.get("targName") == name for row in rows)
        }

    def _schedules(self, *, archived: bool = False) -> dict[str, list[Mapping[str, Any]]]:
        """Rows of each schedule of the program, by the observatory's name."""
        schedules = {}
        for entry in self._summary(archived=archived):
            schedule = str(entry["too_schedule_name"])
            answer = self._exchange("GET", "/too/details", schedule_name=schedule)
            rows = _rows(answer, ("raDeg", "filter", "validStart", "validStop", "observed"))
            if rows:
                schedules[schedule] = rows
        return schedules

    def _summary(self, *, archived: bool = False) -> list[Mapping[str, Any]]:
        answer = self._exchange("GET", "/too/summary", include_archived=str(archived).lower())
        return _rows(answer, ("too_schedule_name",))

    def _exchange(
        self, method: str, path: str, body: str | None = None, **query: str
    ) -> HTTPAnswer:
        whole = {"program_name": self.program, "program_api_key": self.key, **query}
        return self.service.exchange(method, path, query=whole, body=body)


def _rows(answer: HTTPAnswer, columns: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """Rows of an answer's table, or raise what it means if it is none."""
    try:
        rows = read_rows(answer.expect().json()["body"])
        for row in rows:
            for column in columns:
                row[column]
    except (KeyError, TypeError, ValueError) as err:
        raise QueueUnreachable(f"the observatory's answer cannot be read: {err!r}") from err
    return rows


def _time(mjd: float) -> Time:
    return Time(float(mjd), format="mjd", scale="utc")

"""What the ZTF scheduler will make of a request.

It follows the lists in their windows (see `telescopes.ztf.forecast`) and knows neither the
times of the plan nor a gap between visits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from astropy import units as u
from astropy.time import Time

from telescopes.findings import Finding, Level
from telescopes.observing_plan import ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueRequest
from telescopes.preflight.execution_forecast import clock, exposures, minutes
from telescopes.preflight.timeline import DAY, Target, Timeline
from telescopes.telescope import Telescope
from telescopes.ztf.blocks import LATE, TWILIGHT
from telescopes.ztf.forecast import ExpectedQueue, forecast
from telescopes.ztf.messages import EARLIEST, FILTER_IDS, LATEST, read_messages

COLUMNS = ("field_id", "program_id", "subprogram_name", "filter_id", "program_pi")
"""One target without one of these, and the scheduler rejects the whole queue."""

MAX_LOST = 0.2
"""A plan that loses more than this part of its exposures is not what was decided on. A single
one is no reason to give up the others."""

DEFAULT_EXPOSURE = 30.0
"""Of a target that does not say, s (ztf_sim, `load_list_queue`)."""

_FILTERS = {filter_id: name for name, filter_id in FILTER_IDS.items()}


class ExecutionForecast:
    """The queues of one request before they are sent, and others that the scheduler holds."""

    def __init__(
        self, plan: ObservingPlan, request: QueueRequest, telescope: Telescope, now: Time
    ) -> None:
        self.plan = plan
        self.name = request.name
        self.messages = read_messages(request.body)
        self.targets: list[Mapping[str, Any]] = [
            target for message in self.messages for target in message["targets"]
        ]
        self.windows = [
            (float(opens), float(closes))
            for opens, closes in (message["validity_window_mjd"] for message in self.messages)
        ]
        self.opens = min(opens for opens, _ in self.windows)
        self.closes = max(closes for _, closes in self.windows)
        self.now = float(now.utc.mjd)
        self.timeline = Timeline(telescope, TWILIGHT)
        self._fields = set(telescope.read_grid().field_id.tolist())

    def findings(self, held: Sequence[QueuedPlan]) -> list[Finding]:
        """Everything that is found, errors first."""
        errors = [*self._columns(), *self._window(), *self._order()]
        if errors:
            return errors
        others = [
            other
            for other in held
            if other.is_too
            and other.request_name != self.name
            and other.start.utc.mjd <= self.closes
            and other.end.utc.mjd >= max(self.opens, self.now)
        ]
        expected = forecast(
            [*(self._other(each) for each in others), *self._own_queues()], self.timeline, self.now
        )
        # The scheduler stays with the target of opportunity that it follows.
        first = [other for other in others if self._goes_first(other)]
        findings = [
            self._wait(other, self._done(other, expected[other.name]))
            for other in sorted(first, key=lambda other: float(other.start.utc.mjd))
        ]
        until = "this queue is done" if len(self.messages) == 1 else "a queue of this plan is done"
        findings += [
            Finding("warning", f"{other.name} will wait until {until}")
            for other in others
            if other not in first
        ]
        starts = [start for each in self._own_queues() for start in expected[each.name]]
        return [*findings, *self._execution(starts)]

    def _own_queues(self) -> list[ExpectedQueue]:
        return [
            ExpectedQueue(
                message["queue_name"], opens, closes, tuple(map(_target, message["targets"]))
            )
            for message, (opens, closes) in zip(self.messages, self.windows, strict=True)
        ]

    def _other(self, other: QueuedPlan) -> ExpectedQueue:
        """A queue of somebody else, as far as it has to do with ours."""
        closes = min(float(other.end.utc.mjd), self.closes)
        return ExpectedQueue(
            other.name, float(other.start.utc.mjd), closes, _readable(other.targets)
        )

    def _goes_first(self, other: QueuedPlan) -> bool:
        return max(float(other.start.utc.mjd), self.now) <= max(self.opens, self.now)

    def _columns(self) -> list[Finding]:
        missing = sorted(
            {name for target in self.targets for name in COLUMNS if name not in target}
        )
        if missing:
            return [Finding("error", f"targets lack {', '.join(missing)}")]
        strange = sorted({int(target["field_id"]) for target in self.targets} - self._fields)
        if strange:
            return [
                Finding("error", f"the scheduler knows no field {', '.join(map(str, strange))}")
            ]
        return []

    def _window(self) -> list[Finding]:
        for opens, closes in self.windows:
            if not EARLIEST < opens < closes < LATEST:
                message = f"the scheduler takes no window from MJD {opens:.3f} to {closes:.3f}"
                return [Finding("error", message)]
        if self.closes <= self.now:
            return [Finding("error", f"its validity window has closed ({clock(self.closes)})")]
        return []

    def _order(self) -> list[Finding]:
        """Whether the lists are the plan in the order of time, but for what finds no time."""
        planned = sorted(self.plan.exposures, key=lambda exposure: exposure.start.utc.mjd)
        wanted = iter([(each.field_id, FILTER_IDS.get(each.filter)) for each in planned])
        if all((each["field_id"], each["filter_id"]) in wanted for each in self.targets):
            return []
        return [
            Finding("error", "the list is not in the order of time, and the scheduler follows it")
        ]

    def _done(self, other: QueuedPlan, starts: Sequence[float | None]) -> float:
        """When the scheduler is done with a queue that goes first (MJD)."""
        targets = _readable(other.targets) or ()
        ends = [
            start + target.exposure_time / DAY
            for start, target in zip(starts, targets, strict=True)
            if start is not None
        ]
        # One that cannot be emptied holds the robot until its window closes.
        return max(ends) if ends and None not in starts else float(other.end.utc.mjd)

    @staticmethod
    def _wait(other: QueuedPlan, until: float) -> Finding:
        return Finding(
            "warning",
            f"the scheduler waits until {other.name} is empty or expired:"
            f" {exposures(len(other.targets))} left, done about {clock(until)},"
            f" window until {clock(float(other.end.utc.mjd))}",
        )

    def _execution(self, starts: Sequence[float | None]) -> list[Finding]:
        """What is expected to be taken, and when."""
        taken = [
            (start, target.get("exposure_time", DEFAULT_EXPOSURE))
            for start, target in zip(starts, self.targets, strict=True)
            if start is not None
        ]
        findings = [*self._losses(len(taken)), *self._gaps(starts)]
        if len(self.messages) > 1:
            message = f"goes as {len(self.messages)} queues, to keep the gap between visits as long"
            late = minutes(float(LATE.to_value(u.s)))
            findings.append(Finding("note", f"{message} as none is begun more than {late} late"))
        if taken:
            end = max(start + time / DAY for start, time in taken)
            message = f"expected to begin {clock(min(taken)[0])} and to end {clock(end)}"
            findings.append(Finding("note", message))
        return findings

    def _losses(self, taken: int) -> list[Finding]:
        """Exposures that find no time: rather lost than too early."""
        planned = len(self.plan.exposures)
        lost = planned - taken
        if not lost:
            return []
        closes = "the window closes" if len(self.messages) == 1 else "the last window closes"
        message = f"{exposures(lost)} of {planned} would not be begun before {closes}"
        level: Level = "warning" if lost > max(MAX_LOST * planned, 1) else "note"
        return [Finding(level, f"{message} ({clock(self.closes)})")]

    def _gaps(self, starts: Sequence[float | None]) -> list[Finding]:
        """Second visits that would come too early: the scheduler knows no gap."""
        visits: dict[int, list[float]] = {}
        for target, start in zip(self.targets, starts, strict=True):
            if start is not None:
                visits.setdefault(int(target["field_id"]), []).append(start)
        wanted = float(self.plan.request.minimum_gap.to_value(u.s))
        gaps = {
            field: min((b - a) * DAY for a, b in pairwise(sorted(times)))
            for field, times in visits.items()
            if len(times) > 1
        }
        early = {field: gap for field, gap in gaps.items() if gap < wanted - 1}
        if not early:
            return []
        fields = "1 field" if len(early) == 1 else f"{len(early)} fields"
        return [
            Finding(
                "warning",
                f"{fields} would be visited again after {minutes(min(early.values()))}, less than"
                f" the {minutes(wanted)} asked for: the scheduler keeps no gap",
            )
        ]


def _target(target: Mapping[str, Any]) -> Target:
    return Target(
        float(target["ra"]),
        float(target["dec"]),
        _FILTERS.get(target["filter_id"], str(target["filter_id"])),
        float(target.get("exposure_time", DEFAULT_EXPOSURE)),
        float(target.get("max_airmass", 2.5)),
    )


def _readable(targets: Sequence[Mapping[str, Any]]) -> tuple[Target, ...] | None:
    """Targets of somebody's queue; None where they have a form of their own."""
    try:
        return tuple(
            _target(each) for each in targets for _ in range(int(each.get("n_repeats", 1)))
        )
    except (KeyError, TypeError, ValueError):
        return None

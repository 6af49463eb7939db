"""What the ZTF scheduler will make of a queue.

It follows the list and knows neither the times of the plan nor a gap between visits; a
second target-of-opportunity queue waits until the first is empty or has expired (ztf_sim,
`Scheduler.check_for_TOO_queue_and_switch` and `ListQueueManager._next_obs`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from astropy import units as u
from astropy.time import Time

from telescopes.findings import Finding
from telescopes.foresight import clock, exposures, minutes
from telescopes.observing import ObservingPlan, QueuedPlan, QueueRequest, Telescope
from telescopes.timeline import DAY, Target, Timeline
from telescopes.ztf_messages import EARLIEST, FILTER_IDS, LATEST

COLUMNS = ("field_id", "program_id", "subprogram_name", "filter_id", "program_pi")
"""One target without one of these, and the scheduler rejects the whole queue."""

TWILIGHT = -12 * u.deg
"""The scheduler begins nothing while the Sun is above (ztf_sim, constants.py)."""

DEFAULT_EXPOSURE = 30.0
"""Of a target that does not say, s (ztf_sim, `load_list_queue`)."""

_FILTERS = {number: name for name, number in FILTER_IDS.items()}


class Foresight:
    """One queue before it is sent, and the other queues that the scheduler holds."""

    def __init__(
        self, plan: ObservingPlan, request: QueueRequest, telescope: Telescope, now: Time
    ) -> None:
        self.plan = plan
        self.name = request.name
        message = json.loads(request.body)
        self.targets: list[Mapping[str, Any]] = message["targets"]
        self.opens, self.closes = (float(edge) for edge in message["validity_window_mjd"])
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
            and other.name != self.name
            and other.start.utc.mjd <= self.closes
            and other.end.utc.mjd >= max(self.opens, self.now)
        ]
        # The scheduler stays with the target of opportunity that it follows.
        first = [other for other in others if self._goes_first(other)]
        begin = max(self.now, self.opens)
        before: Target | None = None
        findings = []
        for other in sorted(first, key=lambda other: float(other.start.utc.mjd)):
            until, before = self._done(other)
            findings.append(self._wait(other, until))
            begin = max(begin, until)
        findings += [
            Finding("warning", f"{other.name} will wait until this queue is done")
            for other in others
            if other not in first
        ]
        return [*findings, *self._execution(begin, before)]

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
        if not EARLIEST < self.opens < self.closes < LATEST:
            words = f"the scheduler takes no window from MJD {self.opens:.3f} to {self.closes:.3f}"
            return [Finding("error", words)]
        if self.closes <= self.now:
            return [Finding("error", f"its validity window has closed ({clock(self.closes)})")]
        return []

    def _order(self) -> list[Finding]:
        planned = sorted(self.plan.exposures, key=lambda exposure: exposure.start.utc.mjd)
        wanted = [(exposure.field_id, FILTER_IDS.get(exposure.filter)) for exposure in planned]
        if wanted == [(target["field_id"], target["filter_id"]) for target in self.targets]:
            return []
        return [
            Finding("error", "the list is not in the order of time, and the scheduler follows it")
        ]

    def _done(self, other: QueuedPlan) -> tuple[float, Target | None]:
        """When the scheduler is done with a queue that goes first (MJD), and its last target."""
        opens, closes = float(other.start.utc.mjd), float(other.end.utc.mjd)
        targets = _readable(other.targets)
        starts = self.timeline.follow_list(targets, max(opens, self.now), closes)
        ends = {
            start + target.exposure_time / DAY: target
            for start, target in zip(starts, targets, strict=True)
            if start is not None
        }
        last = max(ends, default=closes)
        # One that cannot be emptied holds the robot until its window closes.
        return (last if ends and None not in starts else closes), ends.get(last)

    @staticmethod
    def _wait(other: QueuedPlan, until: float) -> Finding:
        return Finding(
            "warning",
            f"the scheduler waits until {other.name} is empty or expired:"
            f" {exposures(len(other.targets))} left, done about {clock(until)},"
            f" window until {clock(float(other.end.utc.mjd))}",
        )

    def _execution(self, begin: float, before: Target | None) -> list[Finding]:
        """What is expected to be taken, and when."""
        targets = [_target(each) for each in self.targets]
        starts = self.timeline.follow_list(targets, begin, self.closes, before)
        taken = [start for start in starts if start is not None]
        findings = []
        if len(taken) < len(targets):
            lost = f"{exposures(len(targets) - len(taken))} of {len(targets)}"
            words = "would not be begun before the window closes"
            findings.append(Finding("warning", f"{lost} {words} ({clock(self.closes)})"))
        findings += self._gaps(starts)
        if taken:
            last = max(range(len(starts)), key=lambda i: starts[i] or 0.0)
            end = max(taken) + targets[last].exposure_time / DAY
            words = f"expected to begin {clock(min(taken))} and to end {clock(end)}"
            findings.append(Finding("note", words))
        return findings

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


def _readable(targets: Sequence[Mapping[str, Any]]) -> list[Target]:
    """Targets of somebody's queue; none where they have a form of their own."""
    try:
        return [_target(each) for each in targets for _ in range(int(each.get("n_repeats", 1)))]
    except (KeyError, TypeError, ValueError):
        return []

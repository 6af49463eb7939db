"""What robots will make of a plan, in words: for those that keep the times of its exposures."""

from __future__ import annotations

from collections.abc import Sequence

from astropy.time import Time

from telescopes.findings import Finding
from telescopes.observing_plan import ObservingPlan
from telescopes.observing_queue import QueuedPlan, QueueRequest
from telescopes.preflight.timeline import DAY, Timeline, targets_of
from telescopes.telescope import Telescope

TOLERANCE = 30.0
"""A robot that is later than planned by no more than this is on time, s."""


def clock(mjd: float) -> str:
    """A moment for a person: date, hours and minutes, UTC."""
    return str(Time(mjd, format="mjd", scale="utc").strftime("%Y-%m-%d %H:%M UTC"))


def minutes(seconds: float) -> str:
    """A duration for a person."""
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def exposures(count: int) -> str:
    """A count for a person."""
    return "1 exposure" if count == 1 else f"{count} exposures"


def meet(plan: ObservingPlan, held: QueuedPlan) -> bool:
    """Whether what a robot holds may be under way while the plan is."""
    first = min(exposure.start for exposure in plan.exposures)
    last = max(exposure.start + exposure.exposure_time for exposure in plan.exposures)
    return bool(held.start < last and first < held.end)


def foresee_overlaps(
    plan: ObservingPlan, request: QueueRequest, held: Sequence[QueuedPlan]
) -> list[Finding]:
    """Other targets of opportunity that the robot holds for the same time."""
    return [
        Finding(
            "warning",
            f"the robot holds {other.name} from {clock(other.start.utc.mjd)} to"
            f" {clock(other.end.utc.mjd)} ({exposures(len(other.targets))} left), at the same time",
        )
        for other in held
        if other.is_too and other.name != request.name and meet(plan, other)
    ]


def predict_by_times(
    plan: ObservingPlan,
    request: QueueRequest,
    held: Sequence[QueuedPlan],
    telescope: Telescope,
    now: Time,
) -> list[Finding]:
    """What to expect of a robot, or an observer, who keeps the times of the plan."""
    targets = targets_of(plan)
    starts = Timeline(telescope).follow_times(targets, float(now.utc.mjd))
    findings = foresee_overlaps(plan, request, held)
    late = [
        (start - target.start) * DAY
        for start, target in zip(starts, targets, strict=True)
        if target.start is not None and (start - target.start) * DAY > TOLERANCE
    ]
    if late:
        findings.append(
            Finding(
                "warning",
                f"{exposures(len(late))} would begin later than planned, up to"
                f" {minutes(max(late))}: exposures and overheads take longer than the plan gives",
            )
        )
    end = starts[-1] + targets[-1].exposure_time / DAY
    if end > plan.request.end.utc.mjd + TOLERANCE / DAY:
        overrun = f"the last exposure would end {clock(end)}, after the end of the request"
        findings.append(Finding("warning", f"{overrun} ({clock(plan.request.end.utc.mjd)})"))
    else:
        findings.append(Finding("note", f"the last exposure is expected to end {clock(end)}"))
    return findings


class KeepsTimes:
    """A queue whose robot, or whose observers, keep the times of a plan."""

    def predict_execution(
        self,
        plan: ObservingPlan,
        request: QueueRequest,
        held: Sequence[QueuedPlan],
        telescope: Telescope,
        now: Time,
    ) -> list[Finding]:
        """What to expect where the times of the plan are kept."""
        return predict_by_times(plan, request, held, telescope, now)

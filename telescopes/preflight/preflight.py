"""A plan held against its robot's live queue before it is sent."""

from __future__ import annotations

from astropy.time import Time

from telescopes.errors import QueueIncomplete, QueueUnconfirmed, QueueUnknowable
from telescopes.findings import Finding, Level
from telescopes.observing_plan import ObservingPlan
from telescopes.observing_queue import ObservingQueue, QueueRequest
from telescopes.preflight.execution_forecast import clock, exposures
from telescopes.telescope import Telescope

__all__ = ["Finding", "Level", "preflight"]


def preflight(
    queue: ObservingQueue,
    plan: ObservingPlan,
    request: QueueRequest,
    telescope: Telescope,
    now: Time,
) -> list[Finding]:
    """Say what speaks for and against sending `request` now. Nothing is changed.

    What the robot in particular will make of it is told by its queue's `predict_execution`.

    Parameters
    ----------
    queue
        The robot's queue; it is asked what it holds.
    plan
        What `request` was prepared from.
    request
        What would be sent.
    telescope
        Facts of the telescope.
    now
        The robot's time.

    Raises
    ------
    QueueError
        If the robot cannot be asked.
    """
    if not plan.exposures:
        return [Finding("error", "the plan is empty")]
    try:
        held = queue.queued()
    except QueueUnknowable as err:
        held, unknown = (), [Finding("warning", f"its queue is not known: {err}")]
    else:
        unknown = []
    expected = queue.predict_execution(plan, request, held, telescope, now)
    # What the robot could not take in any case is not looked for.
    is_sound = all(finding.level != "error" for finding in expected)
    return [
        *unknown,
        *(_name(queue, request) if is_sound and not unknown else []),
        *_times(plan, now),
        *_targets(plan, telescope),
        *expected,
    ]


def _name(queue: ObservingQueue, request: QueueRequest) -> list[Finding]:
    try:
        is_held = queue.find(request)
    except QueueIncomplete as err:
        return [Finding("warning", f"the robot already has a part of this plan: {err}")]
    except QueueUnconfirmed as err:
        return [Finding("warning", f"whether the name is free is not known: {err}")]
    match is_held:
        case True:
            return [Finding("warning", f"the robot already has exactly this plan: {request.name}")]
        case None:
            return [Finding("error", f"the robot holds something else of the name {request.name}")]
    return [Finding("note", f"the name {request.name} is free")]


def _times(plan: ObservingPlan, now: Time) -> list[Finding]:
    starts = sorted(exposure.start.utc.mjd for exposure in plan.exposures)
    past = sum(start < now.utc.mjd for start in starts)
    if past == len(starts):
        return [Finding("error", f"all exposures are past: the last was for {clock(starts[-1])}")]
    if past:
        # A plan is brought up to date when it is sent: its age alone stops nobody.
        message = f"{exposures(past)} of {len(starts)} should have begun by now"
        return [Finding("note", message)]
    return []


def _targets(plan: ObservingPlan, telescope: Telescope) -> list[Finding]:
    """Fields and filters that the telescope does not have."""
    findings = []
    if not telescope.off_grid:
        known = set(telescope.read_grid().field_id.tolist())
        strange = {exposure.field_id for exposure in plan.exposures} - known - {-1}
        if strange:
            findings.append(Finding("error", f"{telescope.name} has no field {_list(strange)}"))
    filters = {exposure.filter for exposure in plan.exposures} - set(telescope.filters)
    if filters:
        findings.append(Finding("error", f"{telescope.name} has no filter {_list(filters)}"))
    return findings


def _list(values: set[int] | set[str]) -> str:
    """The first few, in order."""
    labels = [str(value) for value in sorted(values)]
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    return ", ".join(labels[:5]) + more

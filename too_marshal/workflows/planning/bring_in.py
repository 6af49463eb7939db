"""Plans, and lists of targets, that people bring as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.coverage.feasibility import checked
from planners.files.brought_files import (
    BroughtFile,
    BroughtFileInvalid,
    read_brought,
    refusal,
    rejected,
)
from planners.files.plan_files import plan_to_json, request_from_json, request_to_json
from planners.files.targets import targets_to_json
from telescopes import TELESCOPES
from telescopes.observing_plan import ObservingPlan, PlannedExposure
from telescopes.pairing.pointings import grouped
from telescopes.telescope import Telescope
from telescopes.times import iso
from too_marshal.workflows.planning.plan import ask_for_plan

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from too_marshal.db.events import Event
    from too_marshal.db.observing.plans import Plan


OF_A_SOURCE = ("objective", "source", "trigger_time", "detections", "exposure_times")
"""What a request says of a source to detect: a list of exposures is scored by what it covers."""


def bring_in(  # noqa: PLR0913 - what is known of a file
    session: Session,
    event: Event,
    *,
    data: bytes,
    name: str,
    telescope: str,
    program: str,
    request: dict[str, Any],
    author: str,
    localization_id: int | None = None,
    no_earth: bool = False,
    changed_from: Plan | None = None,
    remark: str = "",
) -> Plan:
    """Make a plan of a file: its exposures as they stand there, or a plan of the targets it lists.

    Parameters
    ----------
    session
        Open session; committed.
    event
        Whose plan it is to be.
    data
        The file, as `planners.files.brought_files` reads it.
    name
        Of the file.
    telescope
        Whose plan it is; empty: that of which the file says to be.
    program
        That is charged.
    request
        As a plan file has it. Of a plan in a table, only the limits count: what is observed when
        is said by the table. Of a plan file with a request of its own, nothing does.
    author
        Who brings it.
    localization_id, no_earth
        The map on which it is scored, as `ask_for_plan` takes it.
    changed_from
        The plan of which the file was made, if a person has changed one.
    remark
        What is said of where it comes from, in place of the name of a file.

    Raises
    ------
    ValueError
        If it cannot be used; a `BroughtFileInvalid` says which rows and why.
    """
    file = read_brought(data)
    chosen = _telescope(telescope, file)
    if not file.is_plan:
        listed = targets_to_json(file.targets(chosen))
        return ask_for_plan(
            session, event, telescope=chosen.name, planner="manual", program=program,
            request={**request, "targets": listed}, author=author,
            localization_id=localization_id, no_earth=no_earth,
        )  # fmt: skip
    pairs = file.exposures(chosen)
    exposures = [exposure for _, exposure in pairs]
    wanted = request_from_json(_request(file, exposures, request))
    feasible, infeasible = checked(chosen, wanted, exposures)
    if infeasible:
        raise refusal([rejected(pairs[one.index][0], one.reason) for one in infeasible], len(pairs))
    remark = remark or f"Brought in from {name}."
    if file.unused_columns:
        remark += f" Columns that were not used: {', '.join(file.unused_columns)}."
    if (file.request or {}).get("objective") == "detection":
        remark += " How likely it detects a source is not worked out, only what it covers."
    plan = ObservingPlan(chosen.name, "manual", wanted, feasible, {}, (), remark)
    return ask_for_plan(
        session, event, telescope=chosen.name, planner="manual", program=program,
        request=request_to_json(wanted), author=author, document=plan_to_json(plan),
        localization_id=localization_id, no_earth=no_earth, changed_from=changed_from,
    )  # fmt: skip


def _telescope(name: str, file: BroughtFile) -> Telescope:
    if name and file.telescope and name != file.telescope:
        raise BroughtFileInvalid(f"the file is a plan for {file.telescope}, and not for {name}")
    chosen = name or file.telescope
    if not chosen:
        raise BroughtFileInvalid("the file does not say for which telescope it is")
    if chosen not in TELESCOPES:
        raise BroughtFileInvalid(f"unknown telescope {chosen!r}; known: {', '.join(TELESCOPES)}")
    return TELESCOPES[chosen]


def _request(
    file: BroughtFile, exposures: Sequence[PlannedExposure], limits: dict[str, Any]
) -> dict[str, Any]:
    """What a planner would have to be asked for such exposures."""
    pointings = grouped(exposures).tolist()
    first = [exposures[k] for k in sorted(set(pointings))]
    listed = targets_to_json(
        [each.field_id if each.field_id >= 0 else _coord(each) for each in first]
    )
    if file.request is not None:
        kept = {name: value for name, value in file.request.items() if name not in OF_A_SOURCE}
        return {**kept, "targets": listed}
    last = max(exposure.start + exposure.exposure_time for exposure in exposures)
    times = {each.filter: float(each.exposure_time.to_value(u.s)) for each in reversed(exposures)}
    gaps = [
        float((after.start - before.start).to_value(u.s))
        for pointing in set(pointings)
        for before, after in pairwise(
            each for each, at in zip(exposures, pointings, strict=True) if at == pointing
        )
    ]
    document = {
        **limits,
        "start": iso(exposures[0].start),
        "end": iso(last),
        "filters": _filters(exposures, pointings),
        "exposure_time": times,
        "targets": listed,
    }
    # Who planned visits closer than usual wants them so.
    usual = limits.get("minimum_gap", 1800.0)
    if gaps and isinstance(usual, float | int):
        document["minimum_gap"] = min(float(usual), *gaps)
    return document


def _coord(exposure: PlannedExposure) -> SkyCoord:
    return SkyCoord(exposure.ra, exposure.dec)


def _filters(exposures: Sequence[PlannedExposure], pointings: Sequence[int]) -> list[str]:
    """Visits of the pointing that has most, and what another has besides."""
    visits: dict[int, list[str]] = {}
    for exposure, pointing in zip(exposures, pointings, strict=True):
        visits.setdefault(pointing, []).append(exposure.filter)
    most: int = max(map(len, visits.values()))
    filters = next(each for each in visits.values() if len(each) == most).copy()
    for others in visits.values():
        filters += (Counter(others) - Counter(filters)).elements()
    return filters

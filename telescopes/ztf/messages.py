"""Messages to and from the ZTF scheduler: a plan written down, and two of them compared."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from telescopes.errors import PlanUnsuitable
from telescopes.observing_plan import ObservingPlan
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures
from telescopes.protocols.programs import PROGRAM_IDS
from telescopes.ztf.blocks import Block, blocks_of
from telescopes.ztf.facts import ZTF

FILTER_IDS: Mapping[str, int] = {"g": 1, "r": 2, "i": 3}
"""The scheduler's numbers of the filters."""


PREFIX = "ToO_"
"""By custom queue names begin so; by rule a target of opportunity's subprogram begins with
``ToO``. Queue and subprogram get one name, because the robot's history knows only the latter."""

EARLIEST, LATEST = 57754.0, 62502.0
"""The scheduler takes windows between 2017-01-01 and 2030-01-01 (MJD), ends excluded."""


def write_messages(plan: ObservingPlan, name: str, program: str, pi: str) -> list[dict[str, Any]]:
    """Write the bodies of ``PUT /queues``, one for each queue of `telescopes.ztf.blocks`.

    One queue has the name of the request. Several have a number after it; the subprogram of
    their targets remains the request's name.

    Parameters
    ----------
    plan
        To be executed in the order of time.
    name
        Of the request, and of the subprogram.
    program
        A name of `PROGRAM_IDS`, or its number.
    pi
        Whom the exposures are booked to.

    Raises
    ------
    PlanUnsuitable
        If the scheduler could not take it.
    """
    exposures = checked_exposures(plan, ZTF, name)
    if not name.startswith(PREFIX):
        raise PlanUnsuitable(f"ZTF queue names begin with {PREFIX!r}: {name!r}")
    airmass_limit = min(plan.request.airmass_limit, ZTF.airmass_limit)
    usual = {
        "program_id": _program_id(program),
        "program_pi": pi,
        "subprogram_name": name,
        "mode_num": 0,
        "ewr_num_images": 1,
        "n_repeats": 1,
        "max_airmass": airmass_limit,
    }
    targets = {
        exposure.planned: {"request_id": request_id, **_pointing(exposure), **usual}
        for request_id, exposure in enumerate(exposures, start=1)
    }
    blocks = blocks_of(plan)
    if not blocks:
        raise PlanUnsuitable("the validity window ends before it begins")
    return [
        {
            "queue_name": name if len(blocks) == 1 else f"{name}_{index}",
            "queue_type": "list",
            "validity_window_mjd": _window(block),
            "targets": [targets[exposure] for exposure in block.exposures],
        }
        for index, block in enumerate(blocks, start=1)
    ]


def read_messages(body: str) -> list[Mapping[str, Any]]:
    """The queues of a request, in the order in which they are sent.

    A request of before there were several is one queue as it is.
    """
    message = json.loads(body)
    queues: list[Mapping[str, Any]] = message.get("queues", [message])
    return queues


def request_of(name: str, targets: Sequence[Mapping[str, Any]]) -> str:
    """The request that a queue at the scheduler is a part of: its own name if it is nobody's.

    Parameters
    ----------
    name
        Of the queue.
    targets
        What is left of it; their subprogram tells the request.
    """
    stem, _, index = name.rpartition("_")
    subprograms = {target.get("subprogram_name") for target in targets}
    return stem if index.isdecimal() and subprograms <= {stem} else name


def _pointing(exposure: CheckedExposure) -> dict[str, Any]:
    return {
        "field_id": exposure.planned.field_id,
        **exposure.rounded,
        "filter_id": FILTER_IDS[exposure.planned.filter],
        "exposure_time": exposure.seconds,
    }


def _program_id(program: str) -> int:
    if program in PROGRAM_IDS:
        return PROGRAM_IDS[program]
    if program in {str(program_id) for program_id in PROGRAM_IDS.values()}:
        return int(program)
    raise PlanUnsuitable(f"ZTF has no program {program!r}; it has {', '.join(PROGRAM_IDS)}")


def _window(block: Block) -> list[float]:
    """First and last moment at which an exposure may begin (MJD)."""
    if not EARLIEST < block.opens < block.closes < LATEST:
        window = f"from MJD {block.opens:.3f} to {block.closes:.3f}"
        raise PlanUnsuitable(f"the scheduler takes no window {window}")
    return [block.opens, block.closes]


def key(target: Mapping[str, Any]) -> tuple[int, int]:
    """Field and filter: what the history says of an exposure."""
    return int(target["field_id"]), int(target["filter_id"])


def same_target(sent: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether `held` is `sent`; the robot may have added columns and rounded numbers."""
    for name, value in sent.items():
        other = held.get(name)
        if isinstance(value, str) or other is None or isinstance(other, str):
            if value != other:
                return False
        elif not math.isclose(float(value), float(other), rel_tol=0, abs_tol=1e-5):
            return False
    return True


def missing_targets(
    sent: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]] | None:
    """What of `sent` is not in `held`, or None if `held` is not `sent` with gaps."""
    missing = []
    remaining = iter(held)
    expected = next(remaining, None)
    for target in sent:
        if expected is not None and same_target(target, expected):
            expected = next(remaining, None)
        else:
            missing.append(target)
    return missing if expected is None else None


def same_window(sent: Mapping[str, Any], held: Sequence[float] | None) -> bool:
    """Whether the robot holds the window that was sent, to a tenth of a second."""
    return held is not None and all(
        math.isclose(a, b, rel_tol=0, abs_tol=1e-6)
        for a, b in zip(sent["validity_window_mjd"], held, strict=True)
    )


def dump(message: Mapping[str, Any]) -> str:
    """As it goes over the wire."""
    return json.dumps(message, allow_nan=False)

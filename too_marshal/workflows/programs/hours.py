"""How much of a program's time is used, and how much its queues may still take.

A queue that is live counts whole. Of one that is over counts what was executed: the plan's time in
the proportion of its open shutter, so that slews and readouts are in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from astropy import units as u
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from too_marshal.db.accounts.programs import Program
from too_marshal.db.observing.exposures import Exposure
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import LIVE, Submission


@dataclass(frozen=True)
class Balance:
    """The time of one program in one semester."""

    granted: u.Quantity[u.physical.time]
    used: u.Quantity[u.physical.time]
    """Executed, with what lies between the exposures."""

    committed: u.Quantity[u.physical.time]
    """What live queues may still take."""

    @property
    def left(self) -> u.Quantity[u.physical.time]:
        """What nobody has asked for; negative where more was asked for than granted."""
        return self.granted - self.used - self.committed


def balances(session: Session, programs: Collection[Program]) -> dict[int, Balance]:
    """Account of each program, by its number."""
    charged: dict[int, list[tuple[float, float]]] = {program.id: [] for program in programs}
    for program_id, used, committed in _charges(session, charged):
        charged[program_id].append((used, committed))
    return {
        program.id: Balance(
            program.hours * u.h,
            sum(used for used, _ in charged[program.id]) * u.s,
            sum(committed for _, committed in charged[program.id]) * u.s,
        )
        for program in programs
    }


def _charges(session: Session, program_ids: Iterable[int]) -> Iterator[tuple[int, float, float]]:
    """Program, seconds used and seconds committed of each submission."""
    open_shutter = (
        select(func.coalesce(func.sum(Exposure.exposure_time), 0.0))
        .where(Exposure.submission_id == Submission.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Submission.program_id, Submission.state, Plan.statistics, open_shutter)
        .join(Plan)
        .where(Submission.program_id.in_(list(program_ids)))
    )
    for program_id, state, statistics, executed in rows:
        total = statistics.get("total_time") or 0.0
        planned = statistics.get("exposure_time") or 0.0
        share = min(executed / planned, 1.0) if planned else 0.0
        yield program_id, share * total, (1 - share) * total if state in LIVE else 0.0

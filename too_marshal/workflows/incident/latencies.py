"""How long the steps take, over many events: percentiles by season and stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.workflows.incident.ledger import ARRIVAL, BEFORE_US, ORIGIN, STEPS, times_of

PROMPT = timedelta(days=1)
"""A notice that comes later after its source is from an archive, and tells of no latency."""

MEASURED = tuple(step for step in STEPS if step != ORIGIN)

QUARTERS = ("Jan-Mar", "Apr-Jun", "Jul-Sep", "Oct-Dec")


@dataclass(frozen=True)
class Latency:
    """How long a step took."""

    count: int
    """Events that took it."""

    median: float
    """s."""

    percentile_95: float
    """s; of few events the largest, nearly."""


@dataclass(frozen=True)
class SeasonLatencies:
    """All steps, of the events of a season and a stream."""

    season: str
    """A quarter of a year, "2026 Oct-Dec"."""

    stream: str
    """Name of the stream."""

    events: int
    """How many came promptly."""

    latencies: Mapping[str, Latency]
    """By step; those that no event took are left out."""


def latencies(
    session: Session,
    *,
    since: datetime,
    tests: bool = False,
    stream: str | None = None,
    by_season: bool = True,
) -> list[SeasonLatencies]:
    """Percentiles of the steps' latencies, the latest season first, then by stream.

    The mission's steps count from the time of the source, ours from the first notice's arrival.

    Parameters
    ----------
    session
        Open session.
    since
        Events that were made earlier are left out.
    tests
        Count tests instead of real events.
    stream
        Only events of that stream.
    by_season
        Tell the seasons apart; the name of the season is empty otherwise.
    """
    wanted = select(Event.id, Event.stream).where(
        Event.created_at >= since, Event.is_test.is_(tests)
    )
    if stream is not None:
        wanted = wanted.where(Event.stream == stream)
    streams = {row.id: row.stream for row in session.execute(wanted)}
    ids = wanted.with_only_columns(Event.id)
    groups: dict[tuple[int, str], list[Mapping[str, datetime]]] = defaultdict(list)
    for event_id, taken in times_of(session, lambda event: event.in_(ids)).items():
        if event_id in streams and _is_prompt(taken):
            quarter = _quarter(taken[ARRIVAL]) if by_season else 0
            groups[quarter, streams[event_id]].append(taken)
    return [
        SeasonLatencies(_season(quarter) if by_season else "", name, len(events), _by_step(events))
        for (quarter, name), events in sorted(
            groups.items(), key=lambda group: (-group[0][0], group[0][1])
        )
    ]


def _quarter(moment: datetime) -> int:
    """Quarters of years since the year 0, UTC."""
    utc = moment.astimezone(UTC)
    return 4 * utc.year + (utc.month - 1) // 3


def _season(quarter: int) -> str:
    return f"{quarter // 4} {QUARTERS[quarter % 4]}"


def _is_prompt(taken: Mapping[str, datetime]) -> bool:
    if ARRIVAL not in taken:
        return False
    return ORIGIN not in taken or taken[ARRIVAL] - taken[ORIGIN] <= PROMPT


def _by_step(events: Iterable[Mapping[str, datetime]]) -> dict[str, Latency]:
    seconds: dict[str, list[float]] = defaultdict(list)
    for taken in events:
        for step in MEASURED:
            origin = taken.get(ORIGIN if step in BEFORE_US else ARRIVAL)
            if step in taken and origin is not None:
                seconds[step].append((taken[step] - origin).total_seconds())
    return {
        step: Latency(
            len(values), float(np.percentile(values, 50)), float(np.percentile(values, 95))
        )
        for step in MEASURED
        if (values := seconds[step])
    }

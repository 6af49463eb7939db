"""How fast: the steps of an event on one bar, and over many events on one page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request

from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now
from too_marshal.http.access import needs
from too_marshal.http.service import database
from too_marshal.notices.registry import EVENT_STREAMS, title_of
from too_marshal.workflows.incident.latencies import MEASURED, latencies
from too_marshal.workflows.incident.ledger import STEPS, Moment

ledger = Blueprint("ledger", __name__)

LEFT, RIGHT = 8.0, 312.0
"""Ends of the bar, in the picture's units."""

SHOWN = timedelta(days=2 * 365)
"""Seasons that the page goes back to."""

_TICKS = (
    (1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h"), (36000, "10 h"),
    (86400 * 4, "4 d"), (86400 * 30, "30 d"), (86400 * 365, "1 a"),
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """A step on the bar."""

    number: int
    """In the order of time, as in the table below the bar."""

    x: float
    """Where it stands."""

    moment: Moment
    """The step."""

    words: str
    """What the step is."""

    seconds: float | None
    """Since the step before it, s; None for the first."""


@dataclass(frozen=True)
class Bar:
    """The steps since the first notice came, on a scale that shows seconds and days."""

    marks: Sequence[Mark]
    ticks: Sequence[tuple[float, str]]


def bar_of(moments: Sequence[Moment]) -> Bar | None:
    """The bar of an event's steps; None where there is nothing to show."""
    if not moments:
        return None
    last = max(1.0, *(moment.since_arrival for moment in moments))
    before = [None, *moments[:-1]]
    marks = [
        Mark(
            number,
            _x(moment.since_arrival, last),
            moment,
            STEPS[moment.step],
            None if earlier is None else moment.since_arrival - earlier.since_arrival,
        )
        for number, (earlier, moment) in enumerate(zip(before, moments, strict=True), start=1)
    ]
    return Bar(marks, [(_x(at, last), text) for at, text in _TICKS if at <= last])


def _x(seconds: float, last: float) -> float:
    """Place of a time on the logarithmic bar; what came before the first notice is at its start."""
    return LEFT + (RIGHT - LEFT) * math.log1p(max(seconds, 0.0)) / math.log1p(last)


@ledger.get("/latency")
@needs(Role.VIEWER)
def index() -> str:
    """Show percentiles of every step, by season and stream."""
    stream = request.args.get("stream", "")
    tests = request.args.get("tests") == "yes"
    wanted = stream if stream in EVENT_STREAMS else None
    return render_template(
        "latency.html",
        seasons=latencies(database(), since=now() - SHOWN, tests=tests, stream=wanted),
        steps=[(step, STEPS[step]) for step in MEASURED],
        stream=wanted or "",
        streams=[("", "every stream"), *((name, title_of(name)) for name in EVENT_STREAMS)],
        titles={name: title_of(name) for name in EVENT_STREAMS},
        tests=tests,
    )

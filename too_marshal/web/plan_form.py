"""The form by which a person asks for a plan: what was typed, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telescopes import TELESCOPES
from telescopes.observing import Telescope
from too_marshal.db.base import now
from too_marshal.web.numbers import EXPOSURE_TIME, LIMITS, Number
from too_marshal.workflows.planning.plan_queue import LEAST_TIME_LIMIT, MOST_TIME_LIMIT, WINDOW

LONGEST_TEXT = 200


TIME_LIMIT = Number(
    "time_limit",
    "Time for the planner",
    "s; empty: the usual",
    least=LEAST_TIME_LIMIT,
    most=MOST_TIME_LIMIT,
)
"""Without one, most planners end by themselves, the same on any machine."""


@dataclass
class PlanForm:
    """What was typed, word for word, and what is wrong with it, by field."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, telescope: Telescope) -> PlanForm:
        """The form as it is offered."""
        start = now().replace(second=0, microsecond=0)
        values = {
            "telescope": telescope.name,
            "planner": "",
            "program": "",
            "filters": ", ".join(telescope.default_filters),
            "start": _typed(start),
            "end": _typed(start + WINDOW),
        }
        values |= {number.name: f"{number.default:g}" for number in (EXPOSURE_TIME, *LIMITS)}
        values[TIME_LIMIT.name] = ""
        return cls(values)

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> PlanForm:
        """The form as somebody sent it; what is missing is as offered."""
        empty = cls.empty(next(iter(TELESCOPES.values())))
        return cls(
            {
                name: form.get(name, value).replace("\0", "").strip()[:LONGEST_TEXT]
                for name, value in empty.values.items()
            }
        )

    def request(self) -> dict[str, Any]:
        """Return the request in the plan file format; faults are noted in `errors`."""
        request: dict[str, Any] = {
            "start": self._time("start"),
            "end": self._time("end"),
            "filters": self._filters(),
        }
        for number in (EXPOSURE_TIME, *LIMITS):
            request[number.name] = self._number(number)
        if self.values[TIME_LIMIT.name]:
            request[TIME_LIMIT.name] = self._number(TIME_LIMIT)
        if not self.errors and request["end"] <= request["start"]:
            self.errors["end"] = "The window ends before it starts."
        return request

    def _time(self, name: str) -> str:
        try:
            when = datetime.fromisoformat(self.values[name])
        except ValueError:
            self.errors[name] = "Give a date and a time, as 2026-11-22 03:30."
            return ""
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _filters(self) -> list[str]:
        names = [name for name in self.values["filters"].replace(",", " ").split() if name]
        telescope = TELESCOPES.get(self.values["telescope"])
        if not names:
            self.errors["filters"] = "Name at least one filter."
        elif telescope is not None and not set(names) <= set(telescope.filters):
            known = ", ".join(telescope.filters)
            self.errors["filters"] = f"{telescope.name} has the filters {known}."
        return names

    def _number(self, number: Number) -> float:
        try:
            value = float(self.values[number.name])
        except ValueError:
            value = math.nan
        if not number.least <= value <= number.most:
            unit = f" {number.unit.partition(';')[0]}" if number.unit else ""
            self.errors[number.name] = f"From {number.least:g} to {number.most:g}{unit}."
            return math.nan
        return value * number.scale


def _typed(when: datetime) -> str:
    """As people read it; a browser's own widget would show it by the habits of its country."""
    return when.strftime("%Y-%m-%d %H:%M")

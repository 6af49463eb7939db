"""The form by which a person asks for a plan: what was typed, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from astropy import units as u

from planners.detection.sources import source_model
from planners.files.request_fields import RequestFields
from planners.registry import PLANNERS
from telescopes import TELESCOPES
from telescopes.tables.exposure_tables import RejectedRow
from telescopes.telescope import Telescope
from too_marshal.db.base import now
from too_marshal.web.document_form import Asked, asked
from too_marshal.workflows.planning.plan_queue import MAX_TIME_LIMIT, MIN_TIME_LIMIT, WINDOW
from too_marshal.workflows.rules.defaults import usual_gain

MAX_TEXT_LENGTH = 200


_ASKED = asked(RequestFields)
EXPOSURE_TIME = _ASKED["exposure_time"]
TIME_LIMIT = replace(
    _ASKED["time_limit"],
    entry=replace(
        _ASKED["time_limit"].entry,
        least=float(MIN_TIME_LIMIT.to_value(u.s)),
        most=float(MAX_TIME_LIMIT.to_value(u.s)),
    ),
)

STOPS = tuple(_ASKED[name] for name in ("minimum_gain", "target_probability", "maximum_time"))
"""How far the plan goes: what a person decides first."""

GOAL = tuple(_ASKED[name] for name in ("objective", "source"))
"""What the plan is good for."""

LIMITS = tuple(
    form_field
    for form_field in _ASKED.values()
    if form_field.is_numeric and form_field not in {EXPOSURE_TIME, _ASKED["time_limit"], *STOPS}
)
"""Every other number. Folded away: whoever does not touch them gets what the rules use."""

LISTS = tuple(
    _ASKED[name] for name in ("exposure_times", "right_ascension", "excluded_fields", "grid")
)
"""Limits that are more than one number."""

TARGETS = _ASKED["targets"]
"""What the manual planner observes."""

_TYPED_LISTS = {form_field.name: form_field for form_field in (*LISTS, TARGETS)}

NO_EARTH = "-no-earth"
"""Ending of a map's number, where the sky that the Earth hid is taken out of it."""

_FOLLOWING = ("filters", EXPOSURE_TIME.name, "minimum_gain")
"""What is offered otherwise for another telescope."""


@dataclass
class PlanForm:
    """What was typed, word for word, and what is wrong with it, by field."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    has_file: bool = False
    """Whether a file comes along that says what is observed."""

    rejected: tuple[RejectedRow, ...] = ()
    """Rows of the file that cannot be used."""

    @classmethod
    def empty(cls, telescope: Telescope) -> PlanForm:
        """The form as it is offered."""
        start = now().replace(second=0, microsecond=0)
        values = {
            "telescope": telescope.name,
            "planner": "",
            "galaxies": "",
            "map": "",
            "program": "",
            "filters": ", ".join(telescope.default_filters),
            "start": _typed(start),
            "end": _typed(start + WINDOW),
        }
        values |= {
            form_field.name: form_field.shown(form_field.default)
            for form_field in (*GOAL, *STOPS, *LIMITS, *LISTS, TARGETS, TIME_LIMIT)
        }
        minimum_gain = _ASKED["minimum_gain"]
        values[minimum_gain.name] = minimum_gain.shown(usual_gain(telescope))
        values[EXPOSURE_TIME.name] = EXPOSURE_TIME.shown(
            float(telescope.exposure_time.to_value(u.s))
        )
        return cls(values)

    def follow(self, telescope: Telescope, offered_for: Telescope) -> None:
        """Offer what is usual for a telescope, but keep what somebody has typed.

        Parameters
        ----------
        telescope
            The one that is chosen now.
        offered_for
            The one for which the form was offered: what still is as it was then was not typed.
        """
        before, after = self.empty(offered_for).values, self.empty(telescope).values
        for name in _FOLLOWING:
            if self.values[name] == before[name]:
                self.values[name] = after[name]

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> PlanForm:
        """The form as somebody sent it; what is missing is as offered."""
        empty = cls.empty(next(iter(TELESCOPES.values())))
        return cls(
            {
                name: _TYPED_LISTS[name].typed(form.get(name, value))
                if name in _TYPED_LISTS
                else form.get(name, value).replace("\0", "").strip()[:MAX_TEXT_LENGTH]
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
        request |= {
            form_field.name: self.values[form_field.name]
            for form_field in GOAL
            if self.values[form_field.name] != form_field.default
        }
        self._check_goal()
        for form_field in (EXPOSURE_TIME, *STOPS, *LIMITS, TIME_LIMIT):
            # What need not be given has no default.
            if self.values[form_field.name] or form_field.default is not None:
                request[form_field.name] = self._parsed(form_field)
        for form_field in _TYPED_LISTS.values():
            if self.values[form_field.name]:
                request[form_field.name] = self._listed(form_field)
        self._check_planner()
        if not self.errors and request["end"] <= request["start"]:
            self.errors["end"] = "The window ends before it starts."
        return request

    def _check_goal(self) -> None:
        objective, source = GOAL
        if self.values[objective.name] not in objective.choices:
            self.errors[objective.name] = f"One of {', '.join(objective.choices)}."
        try:
            if self.values[source.name]:
                source_model(self.values[source.name])
        except ValueError as err:
            self.errors[source.name] = str(err)
        is_detection = self.values[objective.name] == "detection"
        if is_detection and not self.values[source.name]:
            self.errors[source.name] = "Say what is to be detected."

    def _check_planner(self) -> None:
        planner = PLANNERS.get(self.values["planner"])
        if self.has_file:
            if self.values[TARGETS.name]:
                self.errors[TARGETS.name] = "Give a file or a list, and not both."
            return
        aims_at_galaxies = planner is not None and planner.takes_galaxies
        if aims_at_galaxies and self.galaxies is None:
            self.errors["galaxies"] = "Choose a table for the galaxies planner, or bring one."
        elif not aims_at_galaxies and self.galaxies is not None:
            self.errors["galaxies"] = "Only the galaxies planner looks at these."
        observes_targets = planner is not None and planner.takes_targets
        if observes_targets and not self.values[TARGETS.name]:
            self.errors[TARGETS.name] = "Give the manual planner a field or a position a line."
        elif not observes_targets and self.values[TARGETS.name]:
            self.errors.setdefault(
                TARGETS.name, "Only the manual planner observes these: choose it, or empty this."
            )

    @property
    def galaxies(self) -> int | None:
        """Number of the table of galaxies that is chosen."""
        return _number(self.values["galaxies"])

    @property
    def localization_id(self) -> int | None:
        """Number of the map that is chosen; None: the current one."""
        return _number(self.values["map"].removesuffix(NO_EARTH))

    @property
    def no_earth(self) -> bool:
        """Whether the map is wanted without the sky that the Earth hid."""
        return self.values["map"].endswith(NO_EARTH)

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

    def _listed(self, form_field: Asked) -> Any:
        try:
            return form_field.read(self.values[form_field.name])
        except ValueError as err:
            self.errors[form_field.name] = str(err)
            return []

    def _parsed(self, form_field: Asked) -> Any:
        try:
            value = form_field.read(self.values[form_field.name])
        except ValueError:
            value = None
        entry = form_field.entry
        if value is None or not entry.least <= value <= entry.most:
            self.errors[form_field.name] = entry.range(typed=True)
            return math.nan
        return form_field.kind(value)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _typed(when: datetime) -> str:
    """As people read it; a browser's own widget would show it by the habits of its country."""
    return when.strftime("%Y-%m-%d %H:%M")

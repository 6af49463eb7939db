"""The form of a rule: what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from too_marshal.units import YEAR
from too_marshal.web.numbers import EXPOSURE_TIME, LIMITS, Number
from too_marshal.workflows.rules.fields import FIELDS, RuleInvalid, checked

LONGEST_TEXT = 600


CONDITIONS = (
    Number("minimum_has_ns", "HasNS, at least", "0 to 1"),
    Number("minimum_astrophysical", "Astrophysical, at least", "0 to 1"),
    Number("maximum_far", "False alarms, at most", "per year", 1 / YEAR),
    Number("maximum_area", "90 % area, at most", "deg²"),
    Number("maximum_distance", "Mean distance, at most", "Mpc"),
    Number("maximum_radius", "Error radius, at most", "deg"),
)
_AGE = ("days; empty: any", 24.0)
AGES = {
    "tell": Number("maximum_age_to_tell", "Told if the event is no older than", *_AGE),
    "plan": Number("maximum_age_to_plan", "Planned if the event is no older than", *_AGE),
    "submit": Number("maximum_age_to_submit", "Submitted if it is no older than", *_AGE),
}
"""Nothing is a choice here: there is no limit."""

PLANNED = (
    Number("minimum_probability", "Submitted only if the plan covers at least", "0 to 1"),
    EXPOSURE_TIME,
    *LIMITS,
)
LISTS = ("channels", "streams", "kinds", "duration_classes", "excluded_flags", "filters")
CHECKS = ("enabled", "tests", "significant_only", "notifies", "plans", "submits")
_NUMBERS = {item.name: item for item in (*CONDITIONS, *AGES.values(), *PLANNED)}
_ANY_AGE = {item.name for item in AGES.values()}


@dataclass
class RuleForm:
    """A rule as texts."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> RuleForm:
        """The form of a rule as it is."""
        texts = {}
        for name in FIELDS:
            value = values[name]
            if name in LISTS:
                texts[name] = ", ".join(value)
            elif name in CHECKS:
                texts[name] = "yes" if value else ""
            elif name == "minimum_classes":
                texts[name] = ", ".join(f"{key} {least:g}" for key, least in sorted(value.items()))
            elif name in _NUMBERS:
                texts[name] = "" if value is None else f"{value / _NUMBERS[name].scale:.6g}"
            else:
                texts[name] = value
        return cls(texts)

    @classmethod
    def empty(cls) -> RuleForm:
        """The form of a rule that tells people."""
        usual = {name: item.usual for name, item in FIELDS.items()}
        return cls.of(usual | {"notifies": True, "exposure_time": 30.0})

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> RuleForm:
        """The form as somebody sent it."""
        return cls(
            {name: form.get(name, "").replace("\0", "").strip()[:LONGEST_TEXT] for name in FIELDS}
        )

    def rule(self) -> dict[str, Any]:
        """Return the rule, fit to be stored; faults are noted in `errors`, and it is empty then."""
        found = {}
        for name, text in self.values.items():
            try:
                found[name] = self._value(name, text)
            except ValueError as err:
                self.errors[name] = str(err)
        # A field that only planning needs may be left empty by a rule that does not plan.
        found = {
            name: value for name, value in found.items() if value is not None or name in _ANY_AGE
        }
        if self.errors:
            return {}
        try:
            return checked(found)
        except RuleInvalid as err:
            self.errors.update(err.faults)
            return {}

    @staticmethod
    def _value(name: str, text: str) -> Any:
        if name in LISTS:
            return [item.strip() for item in text.split(",") if item.strip()]
        if name in CHECKS:
            return text == "yes"
        if name == "minimum_classes":
            return _classes(text)
        if name not in _NUMBERS:
            return text
        if not text:
            return None
        try:
            return float(text) * _NUMBERS[name].scale
        except ValueError:
            raise ValueError("A number, or nothing.") from None


def _classes(text: str) -> dict[str, float]:
    found = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, least = item.rpartition(" ")
        try:
            found[name.strip()] = float(least)
        except ValueError:
            raise ValueError("A class and a probability each, as BNS 0.5, NSBH 0.3.") from None
    return found

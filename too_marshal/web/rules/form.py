"""The form of a rule: what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planners.files.request_fields import ObservingLimits
from too_marshal.web.document_form import asked
from too_marshal.workflows.rules.ages import Purpose
from too_marshal.workflows.rules.conditions import CONDITIONS
from too_marshal.workflows.rules.fields import RuleFields, RuleInvalid, as_usual, checked

FIELDS = asked(RuleFields)

AGES = {purpose.value: FIELDS[f"maximum_age_to_{purpose.value}"] for purpose in Purpose}
"""Nothing is a choice here: there is no limit."""

LIMITS = [FIELDS[name] for name in ("minimum_probability", *ObservingLimits.model_fields)]
"""What a rule asks of its plan."""

ASKED = [FIELDS[name] for name in CONDITIONS]
"""When it applies; those that are typed, then those that are ticked."""

_ANY_AGE = {form_field.name for form_field in AGES.values()}


@dataclass
class RuleForm:
    """A rule as texts."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> RuleForm:
        """The form of a rule as it is."""
        return cls({name: form_field.shown(values[name]) for name, form_field in FIELDS.items()})

    @classmethod
    def empty(cls) -> RuleForm:
        """The form of a rule that tells people."""
        return cls.of(as_usual({"notifies": True, "exposure_time": 30.0}))

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> RuleForm:
        """The form as somebody sent it."""
        return cls(
            {name: form_field.typed(form.get(name, "")) for name, form_field in FIELDS.items()}
        )

    def rule(self) -> dict[str, Any]:
        """Return the rule, fit to be stored; faults are noted in `errors`, and it is empty then."""
        values = {}
        for name, text in self.values.items():
            try:
                value = FIELDS[name].read(text)
            except ValueError as err:
                self.errors[name] = str(err)
                continue
            # A field that only planning needs may be left empty by a rule that does not plan.
            if value is not None or name in _ANY_AGE:
                values[name] = value
        if self.errors:
            return {}
        try:
            return checked(values, typed=True)
        except RuleInvalid as err:
            self.errors.update(err.faults)
            return {}

"""How one value is described where it enters: its label, unit, limits and meaning, once.

A pydantic model whose fields are annotated with `Entry` is the description of a document. Forms,
command-line options, the schema of the API and the sentences about wrong values come from it.

Examples
--------
>>> from typing import Annotated
>>> from pydantic import BaseModel
>>> class Limits(BaseModel):
...     gap: Annotated[float, Entry("Gap", unit=u.s, typed=u.min, least=0, most=86400)] = 1800.0
>>> try:
...     Limits(gap=-1)
... except ValidationError as err:
...     print(sentences(err, Limits), sentences(err, Limits, typed=True))
{'gap': 'From 0 to 86400 s.'} {'gap': 'From 0 to 1440 min.'}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from astropy import units as u
from pydantic import (
    BaseModel,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

STORED: Mapping[str, bool] = {"is_stored": True}
"""Context in which a document is read that was accepted once: limits are for people who give
values, and what is stored stays readable when they change."""

_RANGE = "range"
"""Type of the error about a number outside of its limits."""

_SENTENCES = {
    "missing": "It is missing.",
    "extra_forbidden": "There is no such field.",
    "bool_type": "True or false.",
    "string_type": "A text.",
    "list_type": "A list.",
    "dict_type": "An object.",
    "int_type": "A whole number.",
    "finite_number": "A finite number.",
}


@dataclass(frozen=True)
class Entry:
    """What is known of a value besides its type."""

    label: str
    """As a form asks for it."""

    unit: u.UnitBase | None = None
    """In which it is stored; None for what has none."""

    typed: u.UnitBase | None = None
    """In which people give it, unless as it is stored."""

    hint: str = ""
    """Said beside the label in place of the unit."""

    detail: str = ""
    """For whoever writes programs, beyond the label."""

    least: float = -math.inf
    """Least value, as stored."""

    most: float = math.inf
    """Greatest value, as stored."""

    @property
    def scale(self) -> float:
        """By which what people give becomes what is stored."""
        if self.unit is None or self.typed is None:
            return 1.0
        return float(self.typed.to(self.unit))

    @property
    def unit_label(self) -> str:
        """The unit in which people give it, or what stands in its place."""
        return self.hint or _name(self.typed or self.unit)

    def range(self, *, typed: bool = False) -> str:
        """Say within which limits the value is."""
        scale = self.scale if typed else 1.0
        unit = _name((self.typed if typed else None) or self.unit)
        text = f"{self.least / scale:g} to {self.most / scale:g} {unit}".strip()
        if math.isinf(self.most):
            text = f"{self.least / scale:g} {unit}".strip() + " on"
        return f"From {text}."

    @property
    def is_bounded(self) -> bool:
        """Whether any limit is given."""
        return math.isfinite(self.least) or math.isfinite(self.most)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check the limits once the type is right."""
        inner = handler(source)
        if not self.is_bounded:
            return inner
        return core_schema.with_info_after_validator_function(self._check, inner)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe it to programs."""
        json_schema: dict[str, Any] = dict(handler(schema))
        parts = json_schema, *json_schema.get("anyOf", ())
        numeric = next(filter(_is_numeric, parts), None)
        if numeric is not None:
            numeric |= {"minimum": self.least} if math.isfinite(self.least) else {}
            numeric |= {"maximum": self.most} if math.isfinite(self.most) else {}
        description = ", ".join(filter(None, (self.detail or self.label, _name(self.unit))))
        return {**json_schema, "description": description}

    def _check(self, value: Any, info: ValidationInfo) -> Any:
        if info.context == STORED:
            return value
        for member in value.values() if isinstance(value, Mapping) else (value,):
            if member is not None and not self.least <= member <= self.most:
                raise PydanticCustomError(_RANGE, "out of range")
        return value


def entries(model: type[BaseModel]) -> dict[str, Entry]:
    """Entry of each field of a model that has one, by name, in order."""
    by_name = {}
    for name, field in model.model_fields.items():
        for entry in field.metadata:
            if isinstance(entry, Entry):
                by_name[name] = entry
    return by_name


def sentences(
    error: ValidationError, model: type[BaseModel], *, typed: bool = False
) -> dict[str, str]:
    """Say in a sentence what is wrong with each field.

    Parameters
    ----------
    error
        What the model raised.
    model
        Which.
    typed
        Whether limits are said in the units in which people give values.
    """
    known = entries(model)
    by_field: dict[str, str] = {}
    for details in error.errors(include_url=False):
        name = str(details["loc"][0]) if details["loc"] else ""
        entry = known.get(name)
        by_field.setdefault(name, sentence(details, entry, typed=typed))
    return by_field


def sentence(details: Any, entry: Entry | None, *, typed: bool = False) -> str:
    """Say what is wrong, of one of pydantic's errors and the entry of its field."""
    kind = details["type"]
    if kind == "value_error":
        return str(details["ctx"]["error"])
    is_numeric = kind == _RANGE or kind.startswith(("float", "int", "finite", "dict"))
    if entry is not None and entry.is_bounded and is_numeric:
        return entry.range(typed=typed)
    if kind == "string_too_long":
        return f"A text of at most {details['ctx']['max_length']} characters."
    if kind == "too_long":
        return f"At most {details['ctx']['max_length']} of them."
    if kind == "literal_error":
        return f"Unknown: {details['input']}. Known: {details['ctx']['expected']}."
    return _SENTENCES.get(kind, f"{details['msg']}.")


def _name(unit: u.UnitBase | None) -> str:
    return "" if unit is None else str(unit.to_string())


def _is_numeric(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") in {"number", "integer"}

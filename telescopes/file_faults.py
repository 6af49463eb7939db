"""What is wrong with a file that people write, in a clause that stands behind the place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from telescopes.entries import Entry, entries, sentence

_CLAUSES: Mapping[str, Callable[[Any], str]] = {
    "missing": lambda _: "missing",
    "extra_forbidden": lambda _: "nothing of this name is known",
    "bool_type": lambda _: "must be true or false",
    "dict_type": lambda _: "a table is wanted",
    "model_type": lambda _: "a table is wanted",
    "string_type": lambda details: f"a text is wanted, not {details['input']!r}",
    "string_too_short": lambda _: "a text is wanted",
    "literal_error": lambda details: (
        f"{details['input']!r} is none of {_plain(details['ctx']['expected'])}"
    ),
    "value_error": lambda details: str(details["ctx"]["error"]),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a file."""

    place: tuple[str, ...]
    """Keys that lead there."""

    kind: str
    """Type of the error, as pydantic calls it."""

    message: str
    """In a clause."""


def first_fault(error: ValidationError, model: type[BaseModel]) -> Fault:
    """Say what is wrong first.

    Parameters
    ----------
    error
        What the model raised.
    model
        Which; keys are told by their aliases.
    """
    errors = error.errors(include_url=False)
    place = tuple(str(part) for part in errors[0]["loc"])
    message = _clause(errors[0], entries(model).get(place[0]) if len(place) == 1 else None)
    match errors[0]["type"]:
        case "extra_forbidden":
            message += nearest(place[-1], _keys_at(model, place[:-1]))
        case "missing":
            # Most often it is there, by a name that is misspelled.
            unknown = [details["loc"] for details in errors if details["type"] == "extra_forbidden"]
            beside = [str(loc[-1]) for loc in unknown if loc[:-1] == errors[0]["loc"][:-1]]
            message += nearest(place[-1], beside, "; {} is not known: is it meant?")
    return Fault(place, errors[0]["type"], message)


def nearest(name: str, names: Iterable[str], question: str = "; is {} meant?") -> str:
    """Ask whether the name was meant that is most like another; empty if none is like it."""
    matches = difflib.get_close_matches(name, list(names), 1)
    return question.format(matches[0]) if matches else ""


def _keys_at(model: type[BaseModel], place: tuple[str, ...]) -> list[str]:
    """Keys of the table at a place."""
    by_key = {field.alias or name: field for name, field in model.model_fields.items()}
    if not place:
        return list(by_key)
    annotation = by_key[place[0]].annotation
    kinds = (annotation, *get_args(annotation))
    inner = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return _keys_at(inner, place[1:])


def _clause(details: Any, entry: Entry | None) -> str:
    if details["type"] in _CLAUSES:
        return _CLAUSES[details["type"]](details)
    clause = sentence(details, entry).rstrip(".")
    clause = clause[0].lower() + clause[1:]
    if entry is not None and entry.unit is not None:
        clause = clause.removesuffix(f" {entry.unit}")
        return f"must be a number of {entry.unit.long_names[0]}s, {clause}"
    return clause


def _plain(expected: str) -> str:
    """Known words as pydantic lists them, without their quotation marks."""
    return expected.replace("'", "")

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
    "string_type": lambda item: f"a text is wanted, not {item['input']!r}",
    "string_too_short": lambda _: "a text is wanted",
    "literal_error": lambda item: f"{item['input']!r} is none of {_plain(item['ctx']['expected'])}",
    "value_error": lambda item: str(item["ctx"]["error"]),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a file."""

    place: tuple[str, ...]
    """Keys that lead there."""

    kind: str
    """Type of the error, as pydantic calls it."""

    words: str
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
    items = error.errors(include_url=False)
    place = tuple(str(part) for part in items[0]["loc"])
    words = _clause(items[0], entries(model).get(place[0]) if len(place) == 1 else None)
    match items[0]["type"]:
        case "extra_forbidden":
            words += nearest(place[-1], _keys_at(model, place[:-1]))
        case "missing":
            # Most often it is there, by a name that is misspelled.
            unknown = [item["loc"] for item in items if item["type"] == "extra_forbidden"]
            beside = [str(loc[-1]) for loc in unknown if loc[:-1] == items[0]["loc"][:-1]]
            words += nearest(place[-1], beside, "; {} is not known: is it meant?")
    return Fault(place, items[0]["type"], words)


def nearest(name: str, names: Iterable[str], words: str = "; is {} meant?") -> str:
    """Ask whether the name was meant that is most like another; empty if none is like it."""
    found = difflib.get_close_matches(name, list(names), 1)
    return words.format(found[0]) if found else ""


def _keys_at(model: type[BaseModel], place: tuple[str, ...]) -> list[str]:
    """Keys of the table at a place."""
    by_key = {item.alias or name: item for name, item in model.model_fields.items()}
    if not place:
        return list(by_key)
    annotation = by_key[place[0]].annotation
    kinds = (annotation, *get_args(annotation))
    inner = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return _keys_at(inner, place[1:])


def _clause(item: Any, entry: Entry | None) -> str:
    if item["type"] in _CLAUSES:
        return _CLAUSES[item["type"]](item)
    words = sentence(item, entry).rstrip(".")
    words = words[0].lower() + words[1:]
    if entry is not None and entry.unit is not None:
        words = words.removesuffix(f" {entry.unit}")
        return f"must be a number of {entry.unit.long_names[0]}s, {words}"
    return words


def _plain(expected: str) -> str:
    """Known words as pydantic lists them, without their quotation marks."""
    return expected.replace("'", "")

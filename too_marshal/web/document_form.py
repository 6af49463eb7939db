"""Values of a document as texts of a form: what is shown, and what was typed."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from telescopes.entries import Entry, entries
from too_marshal.web.typed_lists import LISTS, MAX_LIST_LENGTH

MAX_TEXT_LENGTH = 600


@dataclass(frozen=True)
class Asked:
    """One field of a form."""

    name: str
    """Of the field, in the document and in the form."""

    entry: Entry
    """What is known of it."""

    kind: type
    """Of its value: bool, float, int, list, dict or str."""

    default: Any
    """Where nothing is said."""

    choices: tuple[str, ...] = ()
    """All that it may be, where there are few."""

    @property
    def label(self) -> str:
        """As the form asks for it."""
        return self.entry.label

    @property
    def unit(self) -> str:
        """Said beside the label."""
        return self.entry.unit_label

    @property
    def is_numeric(self) -> bool:
        """Whether digits are typed."""
        return self.kind in {float, int}

    @property
    def is_ticked(self) -> bool:
        """Whether it is a yes or a no."""
        return self.kind is bool

    @property
    def longest(self) -> int:
        """Characters that are read at the most."""
        return MAX_LIST_LENGTH if self.name in LISTS else MAX_TEXT_LENGTH

    def typed(self, text: str) -> str:
        """Take what was sent: trimmed, and no longer than what `read` needs to refuse it."""
        return text.replace("\0", "").strip()[: self.longest + 1]

    def shown(self, value: Any) -> str:
        """Write a stored value as people type it."""
        if value is None:
            return ""
        if self.name in LISTS:
            return LISTS[self.name].shown(value)
        if self.kind is bool:
            return "yes" if value else ""
        if self.kind is list:
            return ", ".join(map(str, value))
        if self.kind is dict:
            return ", ".join(f"{name} {least:g}" for name, least in sorted(value.items()))
        return f"{value / self.entry.scale:.6g}" if self.is_numeric else str(value)

    def read(self, text: str) -> Any:
        """Read what was typed; None where nothing was typed for a number.

        Raises
        ------
        ValueError
            If it is not of the kind; the message is for the person.
        """
        if len(text) > self.longest:
            raise ValueError(f"At most {self.longest} characters.")
        if self.choices and not text:
            return self.default
        if self.name in LISTS:
            return LISTS[self.name].read(text)
        if self.kind is dict:
            return _pairs(text, self.entry)
        if not self.is_numeric:
            return _READERS.get(self.kind, str)(text)
        if not text:
            return None
        try:
            # One per cent in ten minutes is 0.06 an hour, and not 0.060000000000000005.
            return self.kind(float(f"{float(text) * self.entry.scale:.12g}"))
        except (ValueError, OverflowError):
            raise ValueError("A number, or nothing.") from None


def asked(model: type[BaseModel], names: Iterable[str] | None = None) -> dict[str, Asked]:
    """Give the fields that a form asks for, by name: all that have an entry unless named."""
    known = entries(model)
    return {
        name: Asked(
            name, known[name], _kind(model.model_fields[name].annotation),
            model.model_fields[name].get_default(call_default_factory=True),
            _choices(model.model_fields[name].annotation),
        )
        for name in (known if names is None else names)
    }  # fmt: skip


def _choices(annotation: Any) -> tuple[str, ...]:
    """The texts that an annotation allows, where it names them."""
    return typing.get_args(annotation) if typing.get_origin(annotation) is typing.Literal else ()


def _kind(annotation: Any) -> type:
    """The plain type of an annotation, without None and what it contains."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    return typing.get_origin(annotation) or annotation


_READERS: Mapping[type, Callable[[str], Any]] = {
    bool: lambda text: text == "yes",
    list: lambda text: [part.strip() for part in text.split(",") if part.strip()],
}
"""Of what can be read without its entry; all else is a text."""


def _pairs(text: str, entry: Entry) -> dict[str, float]:
    probabilities = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, least = pair.rpartition(" ")
        try:
            probabilities[name.strip()] = float(least)
        except ValueError:
            raise ValueError(f"A class and a probability each, as {entry.hint}.") from None
    return probabilities

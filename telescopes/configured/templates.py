"""Templates that an operator writes: JSON with names of fields in braces.

A text that is nothing but ``{field}`` becomes the field's value, a number or a list as it is;
within a longer text it is written out. ``{{`` and ``}}`` stand for braces.
"""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

_FORMATTER = string.Formatter()


class ConfigurationInvalid(ValueError):
    """A configured queue cannot be used as it is configured; the message says where and why."""


def check_template(where: str, template: Any, known: Collection[str]) -> None:
    """Return if a template names only fields that are known.

    Raises
    ------
    ConfigurationInvalid
        If it does not.
    """
    if isinstance(template, Mapping):
        for name, value in template.items():
            check_template(f"{where}.{name}", value, known)
    elif isinstance(template, list):
        for index, value in enumerate(template):
            check_template(f"{where}.{index}", value, known)
    elif isinstance(template, str):
        for name in _fields(where, template):
            if name not in known:
                reason = f"unknown field {{{name}}}; known are {', '.join(sorted(known))}"
                raise ConfigurationInvalid(f"{where}: {reason}")


def _fields(where: str, text: str) -> list[str]:
    try:
        parts = list(_FORMATTER.parse(text))
    except ValueError as err:
        raise ConfigurationInvalid(f"{where}: {text!r} is no template: {err}") from err
    for _, name, layout, conversion in parts:
        if name is not None and (layout or conversion or not name.isidentifier()):
            raise ConfigurationInvalid(f"{where}: in {text!r}, {{{name}}} is no name of a field")
    return [name for _, name, _, _ in parts if name is not None]


def fill(template: Any, fields: Mapping[str, Any]) -> Any:
    """Put the fields into a template that has been checked."""
    if isinstance(template, Mapping):
        return {name: fill(value, fields) for name, value in template.items()}
    if isinstance(template, list):
        return [fill(value, fields) for value in template]
    if not isinstance(template, str):
        return template
    parts = list(_FORMATTER.parse(template))
    if len(parts) == 1 and parts[0][0] == "" and parts[0][1] is not None:
        return fields[parts[0][1]]
    return "".join(
        literal + ("" if name is None else str(fields[name])) for literal, name, _, _ in parts
    )


def fill_path(template: str, fields: Mapping[str, Any]) -> str:
    """Put the fields into a path, each safe within an address."""
    return str(fill(f"{template} ", {name: quote(str(v), "") for name, v in fields.items()}))[:-1]


def at(document: Any, path: str) -> Any:
    """What stands at a dotted path of a JSON document, such as ``data.queues.0``; "" is all.

    Raises
    ------
    LookupError
        If nothing does.
    """
    for part in path.split(".") if path else ():
        if isinstance(document, list) and part.isdigit():
            document = document[int(part)]
        elif isinstance(document, Mapping):
            document = document[part]
        else:
            raise LookupError(path)
    return document


def places_of(template: Any, wanted: str, here: str = "") -> list[str]:
    """Dotted paths at which a template has exactly the text `wanted`."""
    if template == wanted:
        return [here]
    inner: list[tuple[str, Any]] = []
    if isinstance(template, Mapping):
        inner = [(str(name), value) for name, value in template.items()]
    elif isinstance(template, list):
        inner = [(str(index), value) for index, value in enumerate(template)]
    return [
        place
        for name, value in inner
        for place in places_of(value, wanted, f"{here}.{name}" if here else name)
    ]

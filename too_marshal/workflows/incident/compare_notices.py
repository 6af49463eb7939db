"""Two notices of an event beside each other: every value that is not the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from too_marshal.workflows.incident.changes import differences

_OWN = frozenset({"notice_id", "order", "sequence", "flags"})
"""What tells one notice from another and says nothing of the event."""


@dataclass(frozen=True)
class ChangedValue:
    """A value that two notices give differently; None where one does not give it."""

    name: str
    """Names of the members that lead to it, as "attributes, instruments"."""

    before: str | None
    after: str | None


@dataclass(frozen=True)
class Comparison:
    """A notice beside another one."""

    sentences: list[str]
    """What a plan may depend on, in words."""

    values: list[ChangedValue]
    """All that differs, by name."""


def compare_notices(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Say what a notice says otherwise than another.

    Parameters
    ----------
    before, after
        As `notices.formats.notice_json` writes them.

    Examples
    --------
    >>> first = {"far": 1e-9, "attributes": {"instruments": ["H1"]}}
    >>> compare_notices(first, {"far": 1e-9, "attributes": {"instruments": ["H1", "L1"]}}).values
    [ChangedValue(name='attributes, instruments', before='H1', after='H1, L1')]
    """
    old, new = dict(_values(before)), dict(_values(after))
    names = [*old, *(name for name in new if name not in old)]
    return Comparison(
        sentences=differences(before, after),
        values=[
            ChangedValue(", ".join(name), old.get(name), new.get(name))
            for name in names
            if old.get(name) != new.get(name)
        ],
    )


def _values(
    members: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in members.items():
        if not path and name in _OWN:
            continue
        if isinstance(value, Mapping):
            yield from _values(value, (*path, name.replace("_", " ")))
        elif value not in (None, "", []):
            yield (*path, name.replace("_", " ")), _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_text(each)}" for name, each in value.items())
    return str(value)

"""JSON notices, read strictly, looked up with types."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from too_marshal.notices.notice import NoticeMalformed

MAX_DOCUMENT_SIZE = 32 * 2**20
"""Bytes. An LVK alert with two maps stays below 8 MiB; brokers carry at most 4 MiB."""

MAX_MAP_SIZE = 24 * 2**20
"""Bytes of a decoded inline sky map."""

FILE_UNREADABLE = "sky map unreadable"
"""Flag of a notice whose inline map is no base64, or too large."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Document(Mapping[str, Any]):
    """A JSON object whose members are asked for by type.

    A member that is absent or null gives None; one of another type raises
    `NoticeMalformed` with the member's name.
    """

    def __init__(self, members: Mapping[str, Any], path: str = "") -> None:
        self._members = members
        self._path = path
        self._files: dict[str, tuple[bytes | None, frozenset[str]]] = {}

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def text(self, name: str) -> str | None:
        """Return a string, or a number as it was written; None where empty."""
        value = self._members.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._wrong(name, "text")
        return str(value).strip() or None

    def required_text(self, name: str) -> str:
        """Return a string that must be there."""
        value = self.text(name)
        if value is None:
            raise NoticeMalformed(f"{self._path}{name} is missing")
        return value

    def number(self, name: str) -> float | None:
        """Return a finite number; a string that holds one is accepted."""
        value = self._members.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise self._wrong(name, "a number") from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        try:
            value = float(value)
        except OverflowError:
            raise self._wrong(name, "a finite number") from None
        if not math.isfinite(value):
            raise self._wrong(name, "a finite number")
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number that fits in 64 bits."""
        value = self._members.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            value = self.number(name)
        if value is None:
            return None
        if value != int(value) or abs(value) >= 2**63:
            raise self._wrong(name, "a whole number")
        return int(value)

    def truth(self, name: str) -> bool | None:
        """Return true or false."""
        value = self._members.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong(name, "true or false")

    def child(self, name: str) -> Document | None:
        """Return a nested object."""
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self._wrong(name, "an object")
        return Document(value, f"{self._path}{name}.")

    def children(self, name: str) -> tuple[Document, ...]:
        """Return a list of objects; empty where absent."""
        value = self._members.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(member, Mapping) for member in value):
            raise self._wrong(name, "a list of objects")
        return tuple(
            Document(member, f"{self._path}{name}[{i}].") for i, member in enumerate(value)
        )

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings or numbers, or a single one; empty where absent."""
        value = self._members.get(name)
        if value is None:
            return ()
        values = value if isinstance(value, list) else [value]
        if any(
            isinstance(member, bool) or not isinstance(member, str | int | float)
            for member in values
        ):
            raise self._wrong(name, "text or a list of texts")
        return tuple(text for member in values if (text := str(member).strip()))

    def numbers(self, name: str) -> dict[str, float]:
        """Return an object of numbers, null members left out; empty where absent."""
        child = self.child(name)
        if child is None:
            return {}
        values = {key: child.number(key) for key in child}
        return {key: value for key, value in values.items() if value is not None}

    def base64(self, name: str) -> bytes | None:
        """Return a file in standard base64; a line break at its end is forgiven.

        In an Avro message the member holds the bytes themselves.
        """
        value = self._members.get(name)
        if isinstance(value, str):
            value = self._decode(name, value)
        if not value:
            return None
        if not isinstance(value, bytes):
            raise self._wrong(name, "base64 text")
        if len(value) > MAX_MAP_SIZE:
            raise NoticeMalformed(f"{self._path}{name} holds more than 24 MB")
        return value

    def file(self, name: str) -> tuple[bytes | None, frozenset[str]]:
        """Return a file as `base64` does, or none and a flag where it cannot be read.

        A notice whose map is broken is still a notice: somebody must wake. Asked for again, the
        file, which may have megabytes, is not decoded again.
        """
        if name not in self._files:
            try:
                self._files[name] = self.base64(name), frozenset()
            except NoticeMalformed:
                self._files[name] = None, frozenset({FILE_UNREADABLE})
        return self._files[name]

    def _decode(self, name: str, text: str) -> bytes:
        try:
            return base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError) as err:
            raise NoticeMalformed(f"{self._path}{name} is no base64: {err}") from err

    def _wrong(self, name: str, expected: str) -> NoticeMalformed:
        return NoticeMalformed(f"{self._path}{name} is not {expected}")


def read_document(payload: bytes) -> Document:
    """Read a JSON object.

    Refused by name of the fault: too many bytes, not UTF-8, no object at the
    top, NaN or an infinity, a number too long to be one, a name given twice, a
    NUL or half of a surrogate pair in a text, nesting too deep.

    Raises
    ------
    NoticeMalformed
        If any of these holds.
    """
    if len(payload) > MAX_DOCUMENT_SIZE:
        raise NoticeMalformed(f"{len(payload)} bytes are more than a notice may have (32 MB)")
    try:
        value = json.loads(
            payload.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError as err:
        raise NoticeMalformed(f"not UTF-8: {err.reason} at byte {err.start}") from err
    except RecursionError as err:
        raise NoticeMalformed("nested too deeply") from err
    except ValueError as err:
        raise NoticeMalformed(f"not JSON: {err}") from err
    if not isinstance(value, dict):
        raise NoticeMalformed("the JSON is not an object")
    if b"\\u" in payload:
        _refuse_unstorable(value)
    return Document(value)


def _refuse_constant(name: str) -> float:
    raise NoticeMalformed(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NoticeMalformed(f"{text[:20]} is no finite number")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise NoticeMalformed("a name is given twice in one object")
    return members


def _refuse_unstorable(value: Any) -> None:
    """Refuse what JSON can escape but neither UTF-8 nor PostgreSQL can hold."""
    waiting = [value]
    while waiting:
        member = waiting.pop()
        if isinstance(member, dict):
            waiting += [*member.keys(), *member.values()]
        elif isinstance(member, list):
            waiting += member
        elif isinstance(member, str) and _UNSTORABLE.search(member):
            raise NoticeMalformed("a NUL or half of a surrogate pair in a text")

"""JSON notices, read strictly, looked up with types."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from too_marshal.notices.formats.json_values import (
    NAMELESS,
    NULL,
    TRUTH,
    UNSTORABLE,
    finite_number,
    plain_text,
    read_object,
)
from too_marshal.notices.notice import NoticeMalformed

MAX_DOCUMENT_SIZE = 32 * 2**20
"""Bytes. An LVK alert with two maps stays below 8 MiB; brokers carry at most 4 MiB."""

MAX_MAP_SIZE = 24 * 2**20
"""Bytes of a decoded inline sky map."""

FILE_UNREADABLE = "sky map unreadable"
"""Flag of a notice whose inline map is no base64, or too large."""

_MAX_FAULTS = 20


class Document(Mapping[str, Any]):
    """A JSON object whose members are asked for by type.

    A member that is absent or null gives None. One of another type gives None as well, and
    a flag that names it: an odd member costs itself and not the alert. What a notice cannot do
    without is asked for by `required_text`, which raises.
    """

    def __init__(
        self, members: Mapping[str, Any], path: str = "", faults: dict[str, None] | None = None
    ) -> None:
        self._members = members
        self._path = path
        self._faults: dict[str, None] = {} if faults is None else faults
        self._files: dict[str, tuple[bytes | None, frozenset[str]]] = {}

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def flags(self) -> frozenset[str]:
        """What was odd so far, in this object and in those within: "image_snr unreadable"."""
        faults = list(self._faults)
        return frozenset(
            [*faults[:_MAX_FAULTS], "more unreadable members"]
            if len(faults) > _MAX_FAULTS
            else faults
        )

    def flag(self, text: str) -> None:
        """Note something odd that does not cost the notice."""
        # Of more, only that there are more is said: a hostile list may hold a million.
        if len(self._faults) <= _MAX_FAULTS:
            self._faults[text] = None

    def flag_unreadable(self, name: str) -> None:
        """Note that a member is not of the type that it should have."""
        shown = re.sub(r"[^\x20-\x7e]", "?", f"{self._path}{name}")[:60]
        self.flag(f"{shown} unreadable")

    def text(self, name: str) -> str | None:
        """Return a string, or a number as it was written; None where empty, or "null"."""
        value = self._members.get(name)
        if value is None:
            return None
        text = plain_text(value)
        if text is None:
            self.flag_unreadable(name)
            return None
        return None if text.lower() in {"", "null"} else text

    def required_text(self, name: str) -> str:
        """Return a string that must be there.

        Raises
        ------
        NoticeMalformed
            If it is not, or is no text.
        """
        value = self.text(name)
        if value is None:
            kind = "missing" if self._members.get(name) in (None, "", "null") else "not text"
            raise NoticeMalformed(f"{self._path}{name} is {kind}")
        return value

    def number(self, name: str) -> float | None:
        """Return a finite number; a string that holds one is accepted."""
        value = self._members.get(name)
        if value is None or (isinstance(value, str) and value.strip().lower() in NULL):
            return None
        number = finite_number(value)
        if number is None:
            self.flag_unreadable(name)
        return number

    def integer(self, name: str) -> int | None:
        """Return a whole number that fits in 64 bits."""
        value = self._members.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            value = self.number(name)
        if value is None:
            return None
        if value != int(value) or abs(value) >= 2**63:
            self.flag_unreadable(name)
            return None
        return int(value)

    def truth(self, name: str) -> bool | None:
        """Return true or false; the words and the numbers 1 and 0 are accepted."""
        value = self._members.get(name)
        if value is None or isinstance(value, bool):
            return value
        word = (plain_text(value) or "").lower()
        if isinstance(value, str) and word in NULL:
            return None
        truth = TRUTH.get(word.removesuffix(".0"))
        if truth is None:
            self.flag_unreadable(name)
        return truth

    def child(self, name: str) -> Document | None:
        """Return a nested object."""
        value = self._members.get(name)
        if value is None or (isinstance(value, str) and value.strip().lower() in NULL):
            return None
        if not isinstance(value, Mapping):
            self.flag_unreadable(name)
            return None
        return self._nested(name, value)

    def children(self, name: str) -> tuple[Document, ...]:
        """Return the objects of a list; empty where absent."""
        value = self._members.get(name)
        if value is None:
            return ()
        members = value if isinstance(value, list) else [value]
        objects = [member for member in members if isinstance(member, Mapping)]
        if len(objects) < len(members) or not isinstance(value, list):
            self.flag_unreadable(name)
        return tuple(self._nested(f"{name}[{i}]", member) for i, member in enumerate(objects))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings or numbers, or a single one; empty where absent."""
        value = self._members.get(name)
        if value is None:
            return ()
        values = [plain_text(member) for member in (value if isinstance(value, list) else [value])]
        if None in values:
            self.flag_unreadable(name)
        return tuple(text for text in values if text)

    def identifiers(self, name: str) -> tuple[str, ...]:
        """Return identifiers or names as `texts` does, without words that say that there is none.

        "N/A" as the number of two bursts would make them one.
        """
        texts = self.texts(name)
        names = tuple(text for text in texts if text.lower() not in NAMELESS)
        if len(names) < len(texts):
            self.flag_unreadable(name)
        return names

    def required_identifiers(self, name: str) -> tuple[str, ...]:
        """Return identifiers; empty where absent or null.

        Raises
        ------
        NoticeMalformed
            If the member is there and holds none that can be read: which event a notice is
            about must not be guessed.
        """
        names = self.identifiers(name)
        if not names and self._members.get(name) not in (None, "", [], "null"):
            raise NoticeMalformed(f"{self._path}{name} is not text or a list of texts")
        return names

    def listed_numbers(self, name: str, most: int = 1000) -> tuple[float, ...]:
        """Return a list of numbers, or a single one; empty where absent, or where one is none."""
        value = self._members.get(name)
        if not isinstance(value, list):
            single = self.number(name)
            return () if single is None else (single,)
        numbers = [finite_number(member) for member in value[:most]]
        if None in numbers:
            self.flag_unreadable(name)
            return ()
        return tuple(number for number in numbers if number is not None)

    def numbers(self, name: str) -> dict[str, float]:
        """Return an object of numbers, null members left out; empty where absent."""
        child = self.child(name)
        if child is None:
            return {}
        values = {key: child.number(key) for key in child}
        return {key: value for key, value in values.items() if value is not None}

    def _nested(self, name: str, members: Mapping[str, Any]) -> Document:
        path = f"{self._path}{name}."
        if any(not isinstance(key, str) or UNSTORABLE.search(key) for key in members):
            self.flag_unreadable(name)
            members = {
                key: value
                for key, value in members.items()
                if isinstance(key, str) and not UNSTORABLE.search(key)
            }
        return Document(members, path, self._faults)

    def base64(self, name: str) -> bytes | None:
        """Return a file in standard base64; a line break at its end is forgiven.

        In an Avro message the member holds the bytes themselves.
        """
        value = self._members.get(name)
        if value is None or (isinstance(value, str) and value.strip().lower() in NULL):
            return None
        if isinstance(value, str):
            try:
                value = base64.b64decode(value.strip(), validate=True)
            except (binascii.Error, ValueError) as err:
                raise NoticeMalformed(f"{self._path}{name} is no base64: {err}") from err
        if not isinstance(value, bytes):
            raise NoticeMalformed(f"{self._path}{name} is not base64 text")
        if len(value) > MAX_MAP_SIZE:
            raise NoticeMalformed(f"{self._path}{name} holds more than 24 MB")
        return value or None

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


def read_document(payload: bytes) -> Document:
    """Read a JSON object.

    Refused by name of the fault: too many bytes, not UTF-8, no object at the top, a name
    given twice with two values, nesting too deep. What JSON does not allow but programs write
    (NaN, infinities) or what cannot be kept (half of a surrogate pair, a number beyond
    all) is read, and costs the member that holds it when somebody asks for that.

    Raises
    ------
    NoticeMalformed
        If any of these holds.
    """
    if len(payload) > MAX_DOCUMENT_SIZE:
        raise NoticeMalformed(f"{len(payload)} bytes are more than a notice may have (32 MB)")
    return Document(read_object(payload))

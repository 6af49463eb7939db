"""The form of an event that a person enters: texts in, a description or faults out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from astropy import units as u
from werkzeug.datastructures import FileStorage

from too_marshal.workflows.by_hand.request import (
    MAX_FILE_SIZE,
    EventByHand,
    EventInvalid,
    checked,
)
from too_marshal.workflows.incident.listing import read_position

TEXTS = (
    "name", "event_time", "source_kind", "is_test", "position", "radius", "semi_minor",
    "position_angle", "corners", "containment", "told_by", "comment",
)  # fmt: skip
MAX_TEXT = 40_000
"""Characters of one field: a thousand corners."""

_FIELDS = {"ra": "position", "dec": "position"}
"""Where a fault of the description is shown."""


@dataclass
class HandForm:
    """What was typed, and what is wrong with it."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> HandForm:
        """The form as it was sent."""
        return cls(
            {name: form.get(name, "").replace("\0", "").strip()[:MAX_TEXT] for name in TEXTS}
        )

    @classmethod
    def of(cls, values: dict[str, Any]) -> HandForm:
        """The form with values of a description."""
        texts = dict.fromkeys(TEXTS, "") | {"containment": "90"}
        texts |= {name: str(value) for name, value in values.items() if name in TEXTS}
        if values.get("is_test") is False:
            texts["is_test"] = ""
        if values.get("ra") is not None:
            texts["position"] = f"{values['ra']} {values['dec']}"
        for name in ("radius", "semi_minor"):
            if values.get(name) is not None:
                texts[name] = f"{values[name]:.10g} deg"
        if "containment" in values:
            texts["containment"] = f"{100 * values['containment']:g}"
        if values.get("corners"):
            texts["corners"] = "\n".join(f"{ra:.10g} {dec:.10g}" for ra, dec in values["corners"])
        return cls(texts)

    def said(self, files: Mapping[str, FileStorage]) -> EventByHand | None:
        """Return what it says; None, with the faults in `errors`, where that cannot be used."""
        values: dict[str, Any] = {
            name: text
            for name in ("name", "event_time", "source_kind", "told_by", "comment")
            if (text := self.values[name]) or name in {"name", "event_time"}
        }
        values["is_test"] = self.values["is_test"] == "yes"
        for name, read in _READERS.items():
            if not self.values[name]:
                continue
            try:
                values |= read(self.values[name])
            except ValueError as err:
                self.errors[name] = str(err)
        values |= self._files(files)
        if self.errors:
            return None
        try:
            return checked(values)
        except EventInvalid as err:
            self.errors |= {_FIELDS.get(name, name): text for name, text in err.errors.items()}
            return None

    def _files(self, sent: Mapping[str, FileStorage]) -> dict[str, bytes]:
        contents = {}
        for name in ("map_file", "moc_file"):
            content = sent[name].read(MAX_FILE_SIZE + 1) if name in sent else b""
            if len(content) > MAX_FILE_SIZE:
                self.errors[name] = f"the file has more than {MAX_FILE_SIZE >> 20} MB"
            elif content:
                contents[name] = content
        return contents


def _position(text: str) -> dict[str, float]:
    coord = read_position(text)
    return {"ra": float(coord.ra.deg) % 360, "dec": float(coord.dec.deg)}


def _angle(name: str, text: str) -> dict[str, float]:
    try:
        quantity = u.Quantity(text)
        bare = quantity.unit == u.dimensionless_unscaled
        return {name: float(quantity.value if bare else quantity.to_value(u.deg))}
    except (TypeError, ValueError, u.UnitConversionError) as err:
        raise ValueError(f"{text[:40]!r} is no angle: write 3 arcmin, or 0.05 deg") from err


def _corners(text: str) -> dict[str, list[tuple[float, float]]]:
    coords = [read_position(line) for line in text.splitlines() if line.strip()]
    return {"corners": [(float(coord.ra.deg), float(coord.dec.deg)) for coord in coords]}


def _percent(text: str) -> dict[str, float]:
    try:
        return {"containment": float(text.rstrip("% ")) / 100}
    except ValueError as err:
        raise ValueError(f"{text[:40]!r} is no percentage") from err


_READERS: Mapping[str, Callable[[str], Mapping[str, object]]] = {
    "position": _position,
    "radius": lambda text: _angle("radius", text),
    "semi_minor": lambda text: _angle("semi_minor", text),
    "position_angle": lambda text: _angle("position_angle", text),
    "corners": _corners,
    "containment": _percent,
}

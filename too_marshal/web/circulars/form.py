"""The form that asks for a circular, as what is asked of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

from werkzeug.datastructures import MultiDict

from too_marshal.workflows.circulars.request import (
    AskedCandidate,
    CircularRequest,
    RequestInvalid,
    read_request,
)

CANDIDATE_COLUMNS = tuple(AskedCandidate.model_fields)
"""Of the table that is typed."""

MAX_FIELD = 20_000
"""Characters that are read of a field."""

_TRUTHS = {"yes": True, "no": False}
"""Anything else is not stated."""


def read_form(form: MultiDict[str, str]) -> CircularRequest:
    """Read the form; what is empty is as usual.

    Raises
    ------
    RequestInvalid
        If a value cannot be; the message names the field.
    """

    def said(name: str) -> str:
        return form.get(name, "")[:MAX_FIELD].strip()

    values: dict[str, Any] = {
        "telescopes": [name for name in form.getlist("telescope") if name],
        "authors": _ordered(form),
        "further_authors": _lines(said("further_authors")),
        "citations": _numbers("a circular's", form.getlist("citation")) if said("cites") else None,
        "saved_candidates": _numbers("a candidate's", form.getlist("saved_candidate")),
        "candidates": read_candidates(said("candidates")),
        "target": _group(said, "target", ("name", "ra", "dec")),
        "retraction": _group(said, "retraction", ("name", "reason", "circular")),
        "states_unreachable": said("states_unreachable") != "no",
        "is_target_of_opportunity": _TRUTHS.get(said("is_target_of_opportunity") or "yes"),
    }
    for name in ("kind", "collaboration", "gaps", "remarks", "since"):
        if said(name):
            values[name] = said(name)
    return read_request(values)


def _ordered(form: Mapping[str, str]) -> list[str]:
    """Usernames by the places that were typed beside them; those without one are no authors."""
    places: list[tuple[float, str]] = []
    for field, typed in form.items():
        if field.startswith("place-") and typed.strip():
            username = field.removeprefix("place-")
            try:
                places.append((float(typed), username))
            except ValueError:
                raise RequestInvalid(
                    f"the place of {username} among the authors is a number"
                ) from None
    return [username for _, username in sorted(places)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _numbers(whose: str, texts: list[str]) -> list[int]:
    if strange := [text for text in texts if not (text.isascii() and text.isdigit())]:
        raise RequestInvalid(f"{whose} number is a whole number, and not {strange[0][:40]!r}")
    return [int(text) for text in texts]


def _group(said: Any, group: str, names: tuple[str, ...]) -> dict[str, str] | None:
    values = {name: said(f"{group}_{name}") for name in names}
    return {name: value for name, value in values.items() if value} or None


def read_candidates(text: str) -> list[dict[str, str]]:
    """Read a table of candidates: a heading, then one a line, apart by commas or tabs.

    Raises
    ------
    RequestInvalid
        If a heading or a line cannot be read; the message names it.
    """
    if not text.strip():
        return []
    first = text.lstrip().splitlines()[0]
    rows = list(csv.reader(StringIO(text.strip()), delimiter="\t" if "\t" in first else ","))
    heading = [cell.strip().lower() for cell in rows[0]]
    if strange := [cell for cell in heading if cell not in CANDIDATE_COLUMNS]:
        raise RequestInvalid(
            f"candidates: there is no column {strange[0][:40]!r}; the first line names "
            f"{', '.join(CANDIDATE_COLUMNS)}"
        )
    return [_candidate(heading, row, number) for number, row in enumerate(rows[1:], 2) if any(row)]


def _candidate(heading: list[str], row: list[str], number: int) -> dict[str, str]:
    if len(row) > len(heading):
        raise RequestInvalid(f"candidates: line {number} has more values than the heading")
    cells = zip(heading, (cell.strip() for cell in row), strict=False)
    values = {name: cell for name, cell in cells if cell}
    time = values.get("time", "")
    # A time without its zone is UTC, as everywhere in astronomy.
    if time and not time.endswith("Z") and "+" not in time:
        values["time"] = time.replace(" ", "T") + "Z"
    return values

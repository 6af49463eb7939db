"""What is wrong with a file is said in a clause, with the nearest key that is known."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from astropy import units as u
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from telescopes.entries import Entry
from telescopes.file_faults import first_fault, nearest


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    path: str
    way: Literal["up", "down"] = "up"


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    part: Part = Field(alias="list")
    other: Part | None = None
    limit: Annotated[float, Entry("Limit", unit=u.s, least=1, most=60)] = 2.0
    number: Annotated[int, Entry("Number", least=1, most=9)] = 2


@pytest.mark.parametrize(
    ("document", "place", "message"),
    [
        ({}, "list", "missing"),
        ({"lists": {}}, "list", "missing; lists is not known: is it meant?"),
        ({"list": {"pth": "", "xyz": 1}}, "list.path", "missing; pth is not known: is it meant?"),
        ({"list": 3}, "list", "a table is wanted"),
        ({"list": {}}, "list.path", "missing"),
        ({"list": {"path": 3}}, "list.path", "a text is wanted, not 3"),
        ({"list": {"path": "", "way": "in"}}, "list.way", "'in' is none of up or down"),
        ({"list": {"path": ""}, "limit": 0.5}, "limit", "a number of seconds, from 1 to 60"),
        ({"list": {"path": ""}, "limit": "x"}, "limit", "a number of seconds, from 1 to 60"),
        ({"list": {"path": ""}, "number": 10}, "number", "from 1 to 9"),
        ({"list": {"path": "", "wy": "up"}}, "list.wy", "nothing of this name is known; is way"),
        ({"list": {"path": ""}, "other": {"path": "", "pth": 1}}, "other.pth", "is path meant?"),
        ({"list": {"path": ""}, "limits": 3}, "limits", "nothing of this name is known; is limit"),
        ({"list": {"path": ""}, "xyz": 3}, "xyz", "nothing of this name is known"),
    ],
)
def test_the_first_fault_with_its_place(document, place, message):
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(document)
    fault = first_fault(caught.value, Whole)
    assert ".".join(fault.place) == place
    assert message in fault.message


def test_nothing_is_near():
    assert nearest("hue", ["path", "way"]) == ""

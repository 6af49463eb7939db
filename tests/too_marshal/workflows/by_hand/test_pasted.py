"""Circulars are written by people: what is found is found in the ways in which they write."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.workflows.by_hand.pasted import read_pasted

FOLDER = Path(__file__).parents[3] / "data" / "circulars"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}

READ: dict[str, dict[str, Any]] = {
    "swift": {
        "name": "GRB 231111A", "source_kind": "gamma-ray burst", "told_by": "GCN Circ. 35000",
        "ra": 201.352, "dec": 45.883, "radius": 0.05, "containment": 0.9,
        "event_time": "2023-11-11T12:22:13+00:00",
    },
    "icecube": {
        "name": "IceCube-231125A", "source_kind": "neutrino", "ra": 131.7, "dec": 17.81,
        "corners": [(131.05, 17.29), (132.52, 17.29), (132.52, 18.28), (131.05, 18.28)],
        "containment": 0.9, "event_time": "2023-11-25T22:34:56.640000+00:00",
    },
    "fermi": {
        "name": "GRB 231129C", "source_kind": "gamma-ray burst", "ra": 261.8, "dec": 1.2,
        "radius": 1.2, "event_time": "2023-11-29T19:10:37+00:00",
    },
    "ep": {
        "name": "EP240315a", "source_kind": "X-ray transient", "ra": 141.644, "dec": -9.547,
        "radius": 0.05, "containment": 0.9, "event_time": "2024-03-15T20:10:44+00:00",
    },
    "at": {
        "name": "AT 2017gfo", "source_kind": "optical transient", "ra": 197.450375,
        "dec": -23.3814722, "event_time": "2017-08-17T23:33:00+00:00",
    },
    "maxi": {
        "ra": 188.7333333, "dec": -45.17, "radius": 0.25,
        "event_time": "2023-02-20T17:01:23+00:00",
    },
}  # fmt: skip
"""Positions, errors and times as these texts state them."""


@pytest.mark.parametrize("which", READ)
def test_name_time_position_and_error_are_read(which: str):
    found = read_pasted(TEXTS[which])
    assert found.values == READ[which]
    assert found.words.keys() == found.values.keys()


@pytest.mark.parametrize("which", READ)
def test_every_value_stands_beside_words_of_the_text(which: str):
    text = " ".join(TEXTS[which].split())
    for words in read_pasted(TEXTS[which]).words.values():
        assert all(part in text for part in re.split(r"\s", words))


def test_what_is_not_there_is_said_to_be_missing():
    assert read_pasted("hello").missing == ["a name", "a time", "a position", "an error radius"]
    assert read_pasted(TEXTS["at"]).missing == ["an error radius"]
    assert read_pasted(TEXTS["icecube"]).missing == []


def test_a_cited_circular_is_not_the_origin():
    text = TEXTS["fermi"] + " " * 300 + "We observed it after the detection (GCN Circular 34999)."
    assert "told_by" not in read_pasted(text).values


def test_one_sigma_is_the_radius_of_68_percent():
    found = read_pasted(TEXTS["fermi"] + " (radius, 1-sigma containment, statistical only)")
    assert found.values["containment"] == pytest.approx(0.683)


@pytest.mark.parametrize(
    ("words", "radius"),
    [
        ("with an uncertainty of 3.5 arcsec (90%)", 3.5 / 3600),
        ("error radius: 0.5 deg", 0.5),
        ("an error circle of radius 10 arcmin", 1 / 6),
        ("localization accuracy of 20 arc-seconds", 20 / 3600),
    ],
)
def test_errors_are_read_in_their_units(words: str, radius: float):
    found = read_pasted(f"RA, Dec = 10.5, -20.25 {words}")
    assert found.values["radius"] == pytest.approx(radius, abs=1e-7)


@given(st.text(max_size=400))
def test_no_text_stops_the_reader(text: str):
    read_pasted(text)
    read_pasted(f"RA, Dec {text} uncertainty {text} UT")


@given(st.floats(0, 359.99), st.floats(-89.99, 89.99))
def test_a_position_in_degrees_is_read_as_it_stands(ra: float, dec: float):
    found = read_pasted(f"located at RA, Dec = {ra:.5f}, {dec:+.5f} (J2000)")
    assert found.values["ra"] == pytest.approx(ra, abs=1e-5)
    assert found.values["dec"] == pytest.approx(dec, abs=1e-5)

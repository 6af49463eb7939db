"""The form says what the request says, and what cannot be is refused by name."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from too_marshal.web.circulars.form import read_candidates, read_form
from too_marshal.workflows.circulars.request import RequestInvalid

TABLE = """\
name,tns_name,ra,dec,magnitude,filter,time,host_redshift,comment
ZTF26aaa,AT2026abc,150.1,-3.2,19.3,r,2026-11-22 03:04:05,0.05,"blue, and fading"
ZTF26bbb,,10,20,18,g,2026-11-22T04:00:00Z,,
"""


def test_an_empty_form_asks_for_what_is_usual():
    asked = read_form(MultiDict({"telescope": "ZTF"}))
    assert (asked.kind, asked.telescopes, asked.authors) == ("observations", ["ZTF"], [])
    assert (asked.is_target_of_opportunity, asked.gaps, asked.citations) == (True, "counted", None)


def test_everything_that_was_typed_is_asked():
    asked = read_form(
        MultiDict(
            [
                ("kind", "candidates"),
                ("telescope", "ZTF"),
                ("telescope", "DECam"),
                ("place-bob", "2"),
                ("place-ann", "1"),
                ("place-eve", " "),
                ("further_authors", "C. Guest (UMD)\r\n\r\nD. Guest\r\n"),
                ("collaboration", "the ZTF collaboration"),
                ("is_target_of_opportunity", "not stated"),
                ("gaps", "not stated"),
                ("states_unreachable", "no"),
                ("cites", "yes"),
                ("citation", "44001"),
                ("saved_candidate", "7"),
                ("saved_candidate", "3"),
                ("candidates", TABLE),
                ("remarks", "It rained."),
            ]
        )
    )
    assert asked.telescopes == ["ZTF", "DECam"]
    assert asked.authors == ["ann", "bob"]
    assert asked.further_authors == ["C. Guest (UMD)", "D. Guest"]
    assert (asked.is_target_of_opportunity, asked.gaps) == (None, "not stated")
    assert (asked.states_unreachable, asked.citations) == (False, [44001])
    assert asked.saved_candidates == [7, 3]
    first, second = asked.candidates
    assert (first.comment, first.host_redshift) == ("blue, and fading", 0.05)
    assert first.time.isoformat() == "2026-11-22T03:04:05+00:00"
    assert (second.tns_name, second.host_redshift) == ("", None)
    assert (asked.target, asked.retraction) == (None, None)


def test_a_place_is_asked_by_its_parts():
    typed = {"target_name": "AT2026abc", "target_ra": "150.1", "target_dec": "-3.2"}
    asked = read_form(MultiDict({"kind": "nondetection", **typed}))
    assert asked.target is not None
    assert (asked.target.name, asked.target.dec) == ("AT2026abc", -3.2)


def test_a_heading_alone_is_no_candidate():
    assert read_candidates(TABLE.splitlines()[0] + "\n") == []
    assert read_candidates("") == []
    assert len(read_candidates(TABLE.replace('"blue, and fading"', "x").replace(",", "\t"))) == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"place-bob": "first"}, "the place of bob among the authors is a number"),
        ({"cites": "yes", "citation": "x"}, "a circular's number"),
        ({"saved_candidate": "x"}, "a candidate's number"),
        ({"candidates": "name,flux\nx,1"}, "no column 'flux'"),
        ({"candidates": "name\na,b"}, "line 2 has more values"),
        ({"candidates": "name,ra\nx,1"}, "candidates.0.dec"),
        ({"target_name": "x", "target_ra": "400", "target_dec": "1"}, "target.ra"),
        ({"retraction_name": "x"}, "retraction.reason"),
        ({"since": "yesterday"}, "since"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(values: dict[str, str], words: str):
    with pytest.raises(RequestInvalid, match=words):
        read_form(MultiDict(values))

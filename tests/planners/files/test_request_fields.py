"""A request's fields stand once, and say themselves what is wrong with a value."""

import dataclasses
from dataclasses import replace

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from planners.files.plan_files import (
    PlanInvalid,
    plan_from_json,
    request_from_json,
    request_to_json,
)
from planners.files.request_fields import GRIDS, RequestFields
from telescopes import ZTF
from telescopes.entries import entries
from telescopes.observing_plan import ObservingRequest
from too_marshal.api.plans import PLAN_REQUEST
from too_marshal.commands.plan import plan
from too_marshal.commands.planning.request import _ELSEWHERE, request_of

LEAST = {
    "start": "2026-11-25T01:00:00.000Z",
    "end": "2026-11-25T12:00:00.000Z",
    "filters": ["g", "r"],
    "exposure_time": 30.0,
}


POSITIONS = st.tuples(st.floats(0, 359.9), st.floats(-90, 90)).map(list)


def documents():
    """Requests as documents, any of the optional fields given or not."""
    fields = {
        "exposure_time": st.floats(1, 3600)
        | st.fixed_dictionaries({"g": st.floats(1, 3600), "r": st.floats(1, 3600)}),
        "objective": st.just("detection"),
        "source": st.sampled_from(["kilonova", "gw170817", "-16, 1.3, 1"]),
        "exposure_times": st.lists(st.floats(1, 3600), min_size=1),
        "detections": st.integers(1, 5),
        "trigger_time": st.just("2026-11-24T23:00:00.000Z"),
        "minimum_gap": st.floats(0, 86400),
        "airmass_limit": st.floats(1, 10),
        "sun_altitude": st.floats(-90, 0),
        "moon_separation": st.floats(0, 180),
        "interruption_rate": st.floats(0, 10),
        "minimum_gain": st.floats(0, 6),
        "target_probability": st.floats(1e-6, 1),
        "maximum_fields": st.integers(1, 2000),
        "maximum_time": st.floats(1, 1e6),
        "excluded_fields": st.lists(st.integers(1, 2000), unique=True, min_size=1).map(sorted),
        "busy": st.just([["2026-11-25T02:00:00.000Z", "2026-11-25T03:00:00.000Z"]]),
        "program": st.text("abc", min_size=1),
        "galactic_latitude": st.floats(0, 90),
        "right_ascension": st.lists(st.floats(0, 360), min_size=2, max_size=2, unique=True),
        "grid": st.sampled_from(GRIDS),
        "dithers": st.integers(1, 100),
        "dither_distance": st.floats(1, 3600),
        "blocks": st.integers(1, 20),
        "targets": st.lists(st.integers(0, 2000) | POSITIONS, min_size=1),
        "time_limit": st.floats(1, 1e4),
    }
    assert fields.keys() | LEAST.keys() == RequestFields.model_fields.keys()
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: LEAST | given)


@given(documents())
def test_what_is_written_is_read_and_the_other_way(document):
    request = request_from_json(document)
    written = request_to_json(request)
    assert {name: written[name] for name in document if document[name] != {}} == {
        name: pytest.approx(value) if isinstance(value, float) else _alike(value)
        for name, value in document.items()
    }
    assert request_to_json(request_from_json(written)) == written


def _alike(value):
    if isinstance(value, dict):
        times = set(value.values())
        return pytest.approx(times.pop()) if len(times) == 1 else pytest.approx(value)
    if isinstance(value, list) and value and isinstance(value[0], float):
        return pytest.approx(value)
    return value


def test_each_field_is_asked_of_a_planner_by_option_and_by_program():
    attributes = {field.name for field in dataclasses.fields(ObservingRequest)}
    options = {parameter.name for parameter in plan.params}
    described = PLAN_REQUEST["properties"]["request"]["properties"]
    for name in entries(RequestFields):
        assert name in attributes
        assert name in options | _ELSEWHERE
        assert described[name]["description"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"airmass_limit": 0.5}, "airmass_limit: From 1 to 10."),
        ({"airmass_limit": "low"}, "airmass_limit: From 1 to 10."),
        ({"minimum_gap": -1}, "minimum_gap: From 0 to 86400 s."),
        ({"minimum_gap": float("nan")}, "minimum_gap: From 0 to 86400 s."),
        ({"exposure_time": {"g": 0.0}}, "exposure_time: From 1 to 3600 s."),
        ({"filters": "g"}, "filters: A list."),
        ({"start": "tomorrow"}, "start: not a time: 'tomorrow'"),
        ({"start": 5}, "start: not a time: 5"),
        ({"galaxies": [1]}, "galaxies: There is no such field."),
        ({"targets": 5}, "targets: A list."),
        ({"targets": [5, "M 87"]}, "targets: Number 2 is neither the number of a field nor"),
        ({"targets": [True]}, "targets: Number 1 is neither"),
        ({"targets": [[120.0, 91.0]]}, "targets: Number 1 is neither"),
        ({"targets": [[120.0]]}, "targets: Number 1 is neither"),
        ({"targets": [[120.0, float("nan")]]}, "targets: Number 1 is neither"),
        ({"targets": list(range(2001))}, "targets: At most 2000 of them."),
        ({"right_ascension": [1.0]}, "right_ascension: Two angles: from the first eastward"),
        ({"right_ascension": [1.0, 361.0]}, "right_ascension: Two angles from -360 to 360 deg."),
        ({"right_ascension": [1.0, 1.0]}, "right_ascension: Two different angles"),
        ({"right_ascension": [1.0, "b"]}, "right_ascension: "),
        ({"excluded_fields": [1, 1.5]}, "excluded_fields: A whole number."),
        ({"maximum_fields": 0}, "maximum_fields: From 1 on."),
        ({"grid": "third"}, "grid: One of primary and secondary, or nothing."),
        ({"dithers": 0}, "dithers: From 1 to 100."),
    ],
)
def test_what_is_wrong_is_said_by_name(change, sentence):
    with pytest.raises(PlanInvalid) as caught:
        request_from_json(LEAST | change)
    assert sentence in str(caught.value)


def test_what_is_missing_is_said_by_name():
    with pytest.raises(PlanInvalid, match="end: It is missing"):
        request_from_json({name: value for name, value in LEAST.items() if name != "end"})


def test_a_program_is_told_of_units_and_limits():
    described = RequestFields.model_json_schema()["properties"]
    assert described["airmass_limit"] == {
        "title": "Airmass Limit", "type": "number", "default": 2.5, "minimum": 1, "maximum": 10,
        "description": "Airmass limit",
    }  # fmt: skip
    assert described["minimum_gap"]["description"] == "Least gap between visits, s"
    assert described["start"]["format"] == "date-time"


def test_a_plan_that_was_accepted_once_stays_readable_whatever_people_may_ask_now():
    unusual = LEAST | {"exposure_time": 0.5, "airmass_limit": 12.0, "sun_altitude": 5.0}
    with pytest.raises(PlanInvalid, match="airmass_limit: From 1 to 10"):
        request_from_json(unusual)
    request = request_from_json(unusual, is_stored=True)
    assert request.exposure_time["g"].to_value("s") == 0.5
    document = {
        "telescope": "ZTF", "request": request_to_json(request), "exposures": [], "statistics": {},
    }  # fmt: skip
    assert plan_from_json(document).request.airmass_limit == 12.0
    with pytest.raises(PlanInvalid, match="airmass_limit"):
        request_from_json(unusual | {"airmass_limit": "low"}, is_stored=True)


def test_targets_are_written_as_fields_and_positions_in_degrees():
    galactic = SkyCoord(0 * u.deg, 90 * u.deg, frame="galactic")
    request = replace(request_from_json(LEAST), targets=(5, galactic))
    field, position = request_to_json(request)["targets"]
    assert field == 5
    assert position == pytest.approx([192.85948, 27.12825], abs=1e-4)
    document = {
        "telescope": "ZTF", "request": request_to_json(request), "exposures": [], "statistics": {},
    }  # fmt: skip
    read = plan_from_json(document).request.targets
    assert read[0] == 5
    assert read[1].separation(galactic) < 1e-3 * u.arcsec


def test_that_the_moon_s_distance_is_scaled_is_said_where_it_is_asked():
    asked = entries(RequestFields)["moon_separation"]
    assert "in proportion to its phase" in asked.label


GIVEN = {
    "--exposure-time": "40",
    "--objective": "detection",
    "--source": "kilonova",
    "--exposure-times": "30,60",
    "--detections": "1",
    "--trigger-time": "2026-11-24T23:00:00",
    "--minimum-gap": "12",
    "--airmass-limit": "1.7",
    "--sun-altitude": "-15",
    "--moon-separation": "33",
    "--interruption-rate": "0",
    "--minimum-gain": "1",
    "--target-probability": "90",
    "--maximum-fields": "7",
    "--maximum-time": "15",
    "--exclude": "5,6",
    "--galactic-latitude": "11",
    "--right-ascension": "10,20",
    "--grid": "secondary",
    "--dithers": "4",
    "--dither-distance": "45",
    "--blocks": "3",
    "--targets": "list.csv",
    "--time-limit": "4",
    "--filters": "i,i",
}


@pytest.mark.parametrize("option", GIVEN)
def test_what_an_option_says_is_asked_of_the_planner(option, tmp_path, monkeypatch):
    path = tmp_path / "map.fits"
    path.touch()
    (tmp_path / GIVEN["--targets"]).write_text("field_id,ra,dec\n5,,\n,120,33\n")
    monkeypatch.chdir(tmp_path)
    window = ["--start", LEAST["start"], "--end", LEAST["end"]]
    asked = plan.make_context("plan", [str(path), *window, option, GIVEN[option]]).params
    usual = plan.make_context("plan", [str(path), *window]).params
    given, offered = (request_to_json(request_of(ZTF, each)) for each in (asked, usual))
    assert {name for name in given if given[name] != offered.get(name)}, "it changes nothing"


def test_every_field_that_a_command_asks_for_is_tried():
    names = {parameter.name for parameter in plan.params if set(parameter.opts) & set(GIVEN)}
    assert names == set(entries(RequestFields)) - _ELSEWHERE - {"start", "end"}

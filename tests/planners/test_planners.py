"""Plans are feasible to the second, as good as the bound lets them be, and the same every time."""

from __future__ import annotations

import gzip
import json
from importlib import resources

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord, get_sun
from astropy.time import Time
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.circles import circle_skymap
from planners.plan_files import plan_from_json, plan_to_json
from planners.planners import PLANNERS
from planners.requests import RequestInvalid
from planners.skymap_files import read_skymap
from telescopes.observing import ObservingRequest
from telescopes.ztf import ZTF
from tests.planners.checker import violations
from too_marshal.commands.plan import plan as plan_command

BUNDLED = "bns_00507deg2_10102.multiorder.fits.gz"
AUTOMATIC = ("greedy", "optimal")


def bundled() -> bytes:
    path = resources.files("too_marshal") / "data" / BUNDLED
    return gzip.decompress(path.read_bytes())


def request(start: str, hours: float, filters: str = "gr", **asked) -> ObservingRequest:
    begin = Time(start)
    times = dict.fromkeys(filters, 30 * u.s)
    return ObservingRequest(begin, begin + hours * u.hour, tuple(filters), times, **asked)


@pytest.mark.parametrize("planner", AUTOMATIC)
@pytest.mark.parametrize("start", ["2026-11-25T01:00:00", "2026-06-25T03:00:00"])
def test_no_rule_is_broken_on_a_real_size_map(planner, start):
    made = PLANNERS[planner](read_skymap(bundled()), ZTF, request(start, 13))
    assert made.exposures
    assert violations(made, ZTF) == []


@pytest.mark.parametrize("planner", AUTOMATIC)
@given(
    ra=st.floats(0, 360, exclude_max=True),
    dec=st.floats(-90, 90),
    radius=st.sampled_from([0.05, 3.0, 20.0]),
    day=st.integers(0, 364),
    hour=st.floats(0, 24),
    length=st.sampled_from([1 / 60, 0.5, 3.0]),
    filters=st.sampled_from(["r", "gr", "rr", "gri"]),
)
@settings(max_examples=5, deadline=None)
def test_no_rule_is_broken_wherever_and_whenever(  # noqa: PLR0917 - what a case consists of
    planner, ra, dec, radius, day, hour, length, filters
):
    skymap = circle_skymap(ra * u.deg, dec * u.deg, radius * u.deg, 0.9)
    start = Time("2026-01-01") + day * u.day + hour * u.hour
    asked = request(start.isot, length, filters)
    made = PLANNERS[planner](skymap, ZTF, asked)
    assert violations(made, ZTF) == []
    if not made.exposures:
        assert made.remark, "an empty plan says why"


def test_optimal_is_near_its_bound_and_never_behind_greedy():
    skymap = read_skymap(bundled())
    asked = request("2026-11-25T01:00:00", 13)
    best = PLANNERS["optimal"](skymap, ZTF, asked).statistics
    greedy = PLANNERS["greedy"](skymap, ZTF, asked).statistics
    assert greedy["probability_all_filters"] <= best["probability_all_filters"] + 1e-9
    assert best["probability_all_filters"] <= best["upper_bound"] + 1e-9
    assert best["probability_all_filters"] >= 0.95 * best["upper_bound"]


@pytest.mark.parametrize("planner", AUTOMATIC)
def test_the_same_input_gives_the_same_plan(planner):
    skymap = read_skymap(bundled())
    asked = request("2026-11-25T01:00:00", 6)
    first, second = (plan_to_json(PLANNERS[planner](skymap, ZTF, asked)) for _ in range(2))
    for document in (first, second):
        document["statistics"].pop("solve_time", None)
    assert first == second


def test_airmass_is_astropys():
    made = PLANNERS["greedy"](read_skymap(bundled()), ZTF, request("2026-11-25T01:00:00", 13))
    middle = Time([item.start + item.exposure_time / 2 for item in made.exposures])
    ra = u.Quantity([item.ra for item in made.exposures])
    dec = u.Quantity([item.dec for item in made.exposures])
    frame = AltAz(obstime=middle, location=ZTF.site.location)
    altitude = SkyCoord(ra, dec).transform_to(frame).alt
    expected = 1 / np.sin(altitude)
    assert np.max(np.abs([item.airmass for item in made.exposures] - expected.value)) < 0.02
    assert np.all(get_sun(middle).transform_to(frame).alt < -18 * u.deg)


def test_every_field_that_is_left_out_has_one_reason():
    made = PLANNERS["optimal"](read_skymap(bundled()), ZTF, request("2026-11-25T01:00:00", 2))
    fields = [entry.field_id for entry in made.unobserved]
    assert len(fields) == len(set(fields)) > 0
    assert all(entry.reason for entry in made.unobserved)


def test_a_plan_survives_its_file():
    made = PLANNERS["greedy"](read_skymap(bundled()), ZTF, request("2026-11-25T01:00:00", 6))
    document = json.loads(json.dumps(plan_to_json(made), allow_nan=False))
    assert plan_to_json(plan_from_json(document)) == plan_to_json(made)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"filters": "gx"}, "x"),
        ({"hours": -1.0}, "before it starts"),
    ],
)
def test_a_request_that_makes_no_sense_is_named(change, words):
    asked = request(**{"start": "2026-11-25T01:00:00", "hours": 6.0, **change})
    with pytest.raises(RequestInvalid, match=words):
        PLANNERS["greedy"](read_skymap(bundled()), ZTF, asked)


def run(tmp_path, *more: str):
    path = tmp_path / "map.fits"
    path.write_bytes(bundled())
    arguments = [
        str(path), "--telescope", "ZTF", "--start", "2026-11-25T01:00:00",
        "--end", "2026-11-25T07:00:00", "--filters", "g,r", "--output", str(tmp_path / "plan.json"),
    ]  # fmt: skip
    return CliRunner().invoke(plan_command, [*arguments, *more])


def test_the_command_writes_the_plan_file(tmp_path):
    result = run(
        tmp_path, "--planner", "greedy", "--exposure-time", "30", "--minimum-gap", "30",
        "--airmass-limit", "2.0", "--sun-altitude", "-18", "--moon-separation", "20",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    document = json.loads((tmp_path / "plan.json").read_text())
    assert document["telescope"] == "ZTF"
    assert document["request"]["minimum_gap"] == 1800.0
    assert document["request"]["exposure_time"] == 30.0
    assert max(item["airmass"] for item in document["exposures"]) <= 2.0 + 0.02
    wanted = {"field_id", "ra", "dec", "filter", "start", "exposure_time", "airmass", "probability"}
    assert wanted <= document["exposures"][0].keys()
    counted = {"probability", "probability_all_filters", "area", "exposures", "start", "end"}
    assert counted <= document["statistics"].keys()


@pytest.mark.parametrize(
    "more",
    [
        ("--telescope", "Hubble"),
        ("--end", "2026-11-24T07:00:00"),
        ("--filters", "g,x"),
        ("--exposure-time", "-30"),
        ("--exposure-time", "long"),
    ],
)
def test_the_command_names_what_is_wrong(tmp_path, more):
    result = run(tmp_path, *more)
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert not (tmp_path / "plan.json").exists(), "nothing half-done stays"

"""`too-marshal plan`, as it is typed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from importlib import resources
from itertools import pairwise

import pytest
from astropy.io import fits
from astropy.table import Table
from click.testing import CliRunner

from planners.files.plan_files import plan_from_json
from telescopes import TELESCOPES
from tests.planners.checker import violations
from too_marshal.cli import cli

BUNDLED = "bns_00507deg2_10102.multiorder.fits.gz"


@pytest.fixture(scope="module")
def skymap(tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "map.fits"
    packed = resources.files("too_marshal") / "data" / BUNDLED
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


def run(skymap, *more, start="2026-11-25T01:00:00", end="2026-11-25T07:00:00"):
    arguments = ["plan", str(skymap), "--start", start, "--end", end, *map(str, more)]
    return CliRunner().invoke(cli, arguments)


def planned(skymap, tmp_path, *more):
    path = tmp_path / "plan.json"
    result = run(skymap, "--output", path, *more)
    assert result.exit_code == 0, result.output
    return json.loads(path.read_text()), result


def test_the_plan_file_says_what_was_asked_and_what_comes_of_it(skymap, tmp_path):
    document, result = planned(
        skymap, tmp_path, "--telescope", "ZTF", "--filters", "g,r", "--exposure-time", "30",
        "--minimum-gap", "30", "--airmass-limit", "2.0", "--sun-altitude", "-18",
        "--moon-separation", "20",
    )  # fmt: skip
    assert "of the probability in all visits" in result.output
    assert document["telescope"] == "ZTF"
    assert document["request"] == {
        "start": "2026-11-25T01:00:00.000Z",
        "end": "2026-11-25T07:00:00.000Z",
        "filters": ["g", "r"],
        "exposure_time": 30.0,
        "minimum_gap": 1800.0,
        "airmass_limit": 2.0,
        "sun_altitude": -18.0,
        "moon_separation": 20.0,
        "interruption_rate": 0.1,
    }
    wanted = {"field_id", "ra", "dec", "filter", "start", "exposure_time", "airmass", "probability"}
    assert wanted <= document["exposures"][0].keys()
    assert max(item["airmass"] for item in document["exposures"]) <= 2.0
    figures = document["statistics"]
    assert figures["probability_all_filters"] <= figures["upper_bound"]
    assert 0 <= figures["optimality_gap"] < 0.05
    assert figures["solve_time"] > 0
    assert figures["start"] == document["exposures"][0]["start"]
    assert violations(plan_from_json(document), TELESCOPES["ZTF"]) == []


def test_units_may_be_given(skymap, tmp_path):
    document, _ = planned(
        skymap, tmp_path, "--exposure-time", "1 min", "--minimum-gap", "0.5 h", "--sun-altitude",
        "nautical", "--planner", "greedy",
    )  # fmt: skip
    assert document["request"]["exposure_time"] == 60.0
    assert document["request"]["minimum_gap"] == 1800.0
    assert document["request"]["sun_altitude"] == -12.0


def test_several_telescopes_share_the_sky(skymap, tmp_path):
    output = tmp_path / "plan.json"
    result = run(
        skymap, "--telescope", "ZTF, DECam", "--planner", "greedy", "--maximum-time", "20min",
        "--output", output,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "in all visits of one telescope or another" in result.output
    for name in ("ZTF", "DECam"):
        document = json.loads((tmp_path / f"plan-{name}.json").read_text())
        made = plan_from_json(document)
        assert made.telescope == name
        assert tuple(made.request.filters) == TELESCOPES[name].default_filters
        assert violations(made, TELESCOPES[name]) == []
    for option in ("--compare", "--curve"):
        refused = run(skymap, "--telescope", "ZTF,DECam", option)
        assert refused.exit_code == 1
        assert f"{option} is for one telescope" in refused.output


def test_the_curve_is_printed(skymap):
    result = run(skymap, "--curve")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert len(rows) == 15
    covered = [float(row[3]) for row in rows]
    assert covered == sorted(covered)
    assert all(float(row[3]) <= float(row[5]) for row in rows)
    assert sum("the knee" in line for line in result.output.splitlines()) == 1


def test_visits_go_round_the_filters(skymap, tmp_path):
    document, _ = planned(skymap, tmp_path, "--visits", "3", "--planner", "greedy")
    assert document["request"]["filters"] == ["g", "r", "g"]
    first = document["exposures"][0]["field_id"]
    visits = [one["filter"] for one in document["exposures"] if one["field_id"] == first]
    assert sorted(visits) == ["g", "g", "r"]


def test_filter_blocks_are_as_many_as_asked(skymap, tmp_path):
    document, _ = planned(skymap, tmp_path, "--blocks", "2", "--maximum-fields", "20")
    order = [one["filter"] for one in document["exposures"]]
    assert sum(a != b for a, b in pairwise(order)) == 1
    assert len({one["field_id"] for one in document["exposures"]}) <= 20


def test_observed_exposures_are_not_planned_again(skymap, tmp_path):
    first, _ = planned(skymap, tmp_path)
    table = tmp_path / "observed.csv"
    columns = ("field_id", "ra", "dec", "filter", "start", "exposure_time")
    rows = [",".join(str(one[name]) for name in columns) for one in first["exposures"]]
    table.write_text("\n".join([",".join(columns), *rows]) + "\n")
    second, _ = planned(skymap, tmp_path, "--observed", table)
    had = {(one["field_id"], one["filter"]) for one in first["exposures"]}
    again = [one for one in second["exposures"] if (one["field_id"], one["filter"]) in had]
    assert len(again) <= 0.02 * len(first["exposures"])


def test_positions_and_galaxies_from_files(skymap, tmp_path):
    targets = tmp_path / "targets.csv"
    targets.write_text("field_id,ra,dec\n,30.0,20.0\n")
    telescope = ("--telescope", "LCO-1m-elp", "--filters", "r", "--exposure-time", "120")
    by_hand, _ = planned(skymap, tmp_path, *telescope, "--planner", "manual", "--targets", targets)
    assert [one["ra"] for one in by_hand["exposures"]] == [30.0]
    assert by_hand["request"]["targets"] == [[30.0, 20.0]]
    galaxies = tmp_path / "galaxies.csv"
    galaxies.write_text("ra,dec,distance\n30.0,20.0,100\n")
    asked = (*telescope, "--planner", "galaxies", "--galaxies", galaxies)
    result = run(skymap, *asked)
    # Where the map has no probability the table is of no use, and that is said.
    assert result.exit_code == 0 or "no galaxy of the table lies" in result.output


@pytest.mark.parametrize("how", [("--planner", "optimal"), ("--compare",), ("--curve",)])
def test_targets_that_nobody_would_look_at_are_refused(skymap, tmp_path, how):
    targets = tmp_path / "targets.csv"
    targets.write_text("field_id\n543\n")
    result = run(skymap, "--targets", targets, *how)
    assert result.exit_code == 1
    assert "only the manual planner observes targets" in result.output


def test_planners_are_compared(skymap):
    # In one filter gwemopt plans in one way; of two it takes the better, as its own tests say.
    result = run(
        skymap, "--compare", "--filters", "g", "--maximum-fields", "12", "--time-limit", "300"
    )
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.strip()}
    assert {"optimal", "greedy", "gwemopt"} <= lines.keys()
    assert "%" in lines["optimal"]


def test_a_picture(skymap, tmp_path):
    _, result = planned(skymap, tmp_path, "--planner", "greedy", "--plot", tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    refused = run(skymap, "--planner", "greedy", "--plot", tmp_path / "plan.xyz")
    assert refused.exit_code == 1
    assert "cannot draw" in refused.output
    assert "Traceback" not in result.output + refused.output


def test_no_dark_time_says_when_there_is_some(skymap, tmp_path):
    result = run(
        skymap, "--output", tmp_path / "plan.json",
        start="2026-11-24T17:00:00", end="2026-11-24T20:00:00",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "daylight" in result.output
    assert "the first chance is 2026-11-25" in result.output
    assert json.loads((tmp_path / "plan.json").read_text())["exposures"] == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--telescope", "Hubble"), "unknown telescope 'Hubble'"),
        (("--end", "2026-11-24T07:00:00"), "before it starts"),
        (("--end", "2027-11-24T07:00:00"), "longer than 31"),
        (("--start", "yesterday"), "'yesterday' is not a time"),
        (("--filters", "g,x"), "no filter 'x'"),
        (("--exposure-time", "-30"), "above zero"),
        (("--exposure-time", "long"), "long"),
        (("--exposure-time", "30 deg"), "30 deg"),
        (("--exposure-time", "nan"), "nan"),
        (("--minimum-gap", "-1"), "gap"),
        (("--airmass-limit", "0.5"), "airmass"),
        (("--exclude", "600,first"), "600,first"),
        (("--time-limit", "0"), "time limit"),
        (("--planner", "manual"), "manual"),
        (("--planner", "galaxies"), "galaxies"),
        (("--observed", "nowhere.csv"), "nowhere.csv"),
        (("--planner", "best"), "best"),
    ],
)
def test_what_is_wrong_is_named(skymap, tmp_path, more, words):
    result = run(skymap, "--output", tmp_path / "plan.json", *more)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "plan.json").exists(), "nothing half-done stays"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a FITS file"),
        (b"not a map at all", "not a FITS file"),
        ({"UNIQ": [4]}, "PROBDENSITY"),
        ({"PROBDENSITY": [1.0]}, "UNIQ"),
    ],
)
def test_a_bad_map_is_named(tmp_path, content, words):
    path = tmp_path / "bad.fits"
    if isinstance(content, dict):
        table = fits.table_to_hdu(Table(content))
        table.header["ORDERING"] = "NUNIQ"
        table.writeto(path)
    else:
        path.write_bytes(content)
    result = run(path)
    assert result.exit_code == 1
    assert str(path) in result.output
    assert words in result.output
    missing = run(tmp_path / "nowhere.fits")
    assert "nowhere.fits: No such file" in missing.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ra,dec\n30,20\n", "no column distance"),
        ("ra,dec,distance\n30,120,40\n", "declination of 120"),
        ("ra,dec,distance\nhere,20,40\n", "column ra"),
        ("", "galaxies.csv"),
    ],
)
def test_a_bad_table_of_galaxies_is_named(skymap, tmp_path, text, words):
    path = tmp_path / "galaxies.csv"
    path.write_text(text)
    result = run(skymap, "--planner", "galaxies", "--galaxies", path)
    assert result.exit_code == 1
    assert words in result.output
    assert len(result.output.splitlines()) == 1


def test_it_is_a_program_that_needs_no_database_and_no_network(skymap, tmp_path):
    done = subprocess.run(
        [
            sys.executable, "-m", "too_marshal.cli", "plan", skymap, "--start", "2026-11-25T01:00",
            "--end", "2026-11-25T03:30", "--output", tmp_path / "plan.json",
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"), "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "plan.json").read_text())["exposures"]
    assert not (tmp_path / "home").exists(), "nothing is left in the home directory"

"""What a table says of itself: no row counts that says that it was not taken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telescopes import ZTF
from telescopes.tables.exposure_tables import read_exposure_table

TAKEN = [
    ("status", "observed"),
    ("Status", "COMPLETED"),
    ("status", "0"),
    ("state", "Done"),
    ("STATE", "success"),
    ("obs_status", "Successfully observed"),
    ("observed", "True"),
    ("Observed?", "yes"),
    ("isObserved", "1"),
    ("success", "t"),
    ("done", "1.0"),
    ("completed", "completed"),
    ("qcomment", "ok"),
    ("processed_fraction", "0.98"),
    ("processedFraction", "1"),
    ("percent_complete", "97"),
    ("failed", "false"),
    ("cancelled", "0"),
    ("aborted", "no"),
    ("quality_flag", "0"),
    ("quality", "good"),
    ("flags", "-"),
    ("qcomment", ""),
    ("comment", "lost the guide star and found it"),
    ("success_flag", "1"),
    ("cancelled_at", ""),
    ("failure_reason", "none"),
    ("dome_status", "open"),
    ("image_quality", "1.8"),
]
NOT_TAKEN = [
    ("status", "planned"),
    ("Status", "Cancelled"),
    ("status", "canceled"),
    ("STATUS", " FAILED "),
    ("status", "1"),
    ("status", "-4"),
    ("status", "false"),
    ("ipac_status", "2"),
    ("state", "scheduled"),
    ("state", "expected"),
    ("state", "ABORTED"),
    ("state", "Not Observed"),
    ("state", "not_attempted"),
    ("state", "WINDOW_EXPIRED"),
    ("state", "NotTaken"),
    ("state", "wasn't observed"),
    ("state", "incomplete"),
    ("outcome", "rejected: clouds"),
    ("observed", "false"),
    ("observed", "0"),
    ("is_observed", "N"),
    ("taken", "no"),
    ("success", "F"),
    ("done", "0.0"),
    ("completed", "failed"),
    ("qcomment", "cancelled by the observer"),
    ("processed_fraction", "0"),
    ("processed_fraction", "0.0"),
    ("failed", "true"),
    ("cancelled", "1"),
    ("aborted", "aborted"),
    ("planned", "true"),
    ("quality_flag", "1"),
    ("flag", "bad"),
    ("infobits", "33554432"),
    ("comment", "failed: clouds"),
    ("weather_status", "aborted"),
    ("tile_status", "pending"),
    ("Observation State", "not executed"),
    ("observed_flag", "0"),
    ("cancelled_at", "2026-03-02T05:00:00"),
    ("abortReason", "clouds"),
    ("rejected_by", "the observer"),
    ("exposure_quality", "bad"),
]
ASKED = [
    ("status", "teapot"),
    ("field_status", "sent"),
    ("status", ""),
    ("status", "n/a"),
    ("state", "3"),
    ("observed", "2026-03-02T05:00:00"),
    ("observed", "2"),
    ("success", "maybe"),
    ("qcomment", "clouds"),
    ("flag", "true"),
    ("processed_fraction", "-99"),
    ("processed_fraction", "most"),
    ("failed", "perhaps"),
]


def read(rows):
    return read_exposure_table("\n".join(rows).encode(), telescope=ZTF, now=None)


def one(heading, cell):
    return read([f"field,filter,mjd,{heading}", f"600,g,61101.2,{cell}"])


@pytest.mark.parametrize(("heading", "cell"), TAKEN)
def test_what_was_taken_counts(heading, cell):
    table = one(heading, cell)
    assert (len(table.exposures), table.rejected) == (1, ())


@pytest.mark.parametrize(("heading", "cell"), NOT_TAKEN)
def test_what_was_not_taken_does_not_count_and_says_why(heading, cell):
    table = one(heading, cell)
    assert table.exposures == ()
    assert table.rejected == table.not_taken
    assert table.rejected[0].reason.startswith(f"{heading} is {cell.strip()!r}: ")


@pytest.mark.parametrize(("heading", "cell"), ASKED)
def test_what_is_not_understood_is_asked_about(heading, cell):
    table = one(heading, cell)
    assert (table.exposures, table.not_taken) == ((), ())
    (row,) = table.rejected
    assert heading in row.reason
    assert "counted" in row.reason
    if cell not in {"", "n/a"}:
        assert repr(cell) in row.reason


def test_truth_values_of_json_are_read():
    rows = [
        {"field_id": 600, "filter": "g", "mjd": 61101.2, "observed": True},
        {"field_id": 601, "filter": "g", "mjd": 61101.3, "observed": False},
        {"field_id": 602, "filter": "g", "mjd": 61101.4, "observed": None},
        {"field_id": 603, "filter": "g", "mjd": 61101.5},
    ]
    table = read([json.dumps(rows)])
    assert [exposure.field_id for exposure in table.exposures] == [600]
    assert [row.row for row in table.not_taken] == [2]
    assert [row.row for row in table.rejected] == [2, 3, 4]


@pytest.mark.parametrize(("status", "counted"), [("planned", 0), ("completed", 1), (False, 0)])
def test_what_json_says_once_of_all_holds_for_all(status, counted):
    rows = [
        {"field_id": 600, "filter": "g", "mjd": 61101.2},
        {"field_id": 601, "filter": "g", "mjd": 61101.3, "status": "failed"},
    ]
    table = read([json.dumps({"night": "x", "status": status, "exposures": rows})])
    assert (len(table.exposures), len(table.not_taken)) == (counted, 2 - counted)
    planned = read([json.dumps({"planned": rows[:1]})])
    assert (planned.exposures, len(planned.not_taken)) == ((), 1)


def test_one_no_outweighs_every_yes():
    table = read(
        [
            "field,filter,mjd,planned,status,success,failed,flag",
            "600,g,61101.2,true,completed,true,false,0",
            "601,g,61101.3,true,completed,true,false,4",
            "602,g,61101.4,true,completed,false,,",
            "603,g,61101.5,true,,true,,",
            "604,g,61101.6,true,,,,",
        ]
    )
    assert [exposure.field_id for exposure in table.exposures] == [600, 603]
    assert [row.row for row in table.not_taken] == [3, 4]


def test_columns_that_were_not_used_are_named():
    table = read(["id,field,filter,mjd,moon,status,comment", "1,600,g,61101.2,bright,done,windy"])
    assert table.unused_columns == ("moon", "comment")
    assert len(table.exposures) == 1


@given(
    st.lists(
        st.tuples(st.sampled_from(NOT_TAKEN + ASKED), st.sampled_from(TAKEN)),
        min_size=1,
        max_size=4,
        unique_by=(lambda pair: pair[0][0].lower(), lambda pair: pair[1][0].lower()),
    ),
    st.sampled_from([str.upper, str.lower, str.title, str]),
)
def test_no_row_counts_that_says_no(pairs, case):
    no = {case(heading): cell for (heading, cell), _ in pairs}
    yes = {case(heading): cell for _, (heading, cell) in pairs if case(heading) not in no}
    if any("planned" in heading.lower() for heading in no) and yes:
        return  # what was planned may have been taken: another column says so
    both = {**yes, **no}
    table = read(
        [",".join(["field,filter,mjd", *both]), ",".join(["600,g,61101.2", *both.values()])]
    )
    silent = all(cell in {"", "n/a"} for cell in no.values())
    assert table.exposures == () or silent


def test_three_planned_cancelled_and_failed_exposures_are_none(cases):
    path = cases / "05_exposures_with_status_planned_cancelled_failed.csv"
    table = read_exposure_table(path.read_bytes(), telescope=ZTF, now=None)
    assert table.exposures == ()
    for row, status in zip(table.rejected, ("planned", "cancelled", "failed"), strict=True):
        assert f"status is '{status}'" in row.reason
    assert table.unused_columns == ("pointing_id",)

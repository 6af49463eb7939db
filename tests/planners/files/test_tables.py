"""Tables that people bring to a planner."""

import pytest

from planners.files.tables import TableInvalid, read_exposures
from telescopes import ZTF


def test_exposures_are_those_of_the_table(tmp_path):
    path = tmp_path / "night.csv"
    path.write_text("field_id,filter,start\n600,g,2026-03-02T05:00:00Z\n601,r,2026-03-02T05:01:00")
    exposures = read_exposures(path, ZTF)
    assert [(exposure.field_id, exposure.filter) for exposure in exposures] == [
        (600, "g"),
        (601, "r"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("field_id,filter\n600,g\n", "night.csv: the table has no column start"),
        (
            "field_id,filter,mjd\n600,g,61101\n9999,g,61101\n",
            "night.csv, line 3: ZTF has no field 9999",
        ),
    ],
)
def test_a_plan_is_not_made_from_half_a_table(tmp_path, text, reason):
    path = tmp_path / "night.csv"
    path.write_text(text)
    with pytest.raises(TableInvalid, match=reason):
        read_exposures(path, ZTF)


def test_what_was_not_taken_is_left_out_and_told(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("field_id,filter,mjd,status,who\n600,g,61101,failed,x\n601,g,61101.1,done,x\n")
    told = []
    exposures = read_exposures(path, ZTF, told.append)
    assert [exposure.field_id for exposure in exposures] == [601]
    assert "rows that are not counted as taken: 1; the first, line 2: status is 'failed'" in told[0]
    assert told[1].endswith("columns that are not used: who")


def test_a_word_that_nobody_knows_stops_the_plan(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("field_id,filter,mjd,status\n600,g,61101,teapot\n")
    with pytest.raises(TableInvalid, match=r"line 2: status 'teapot' is neither true nor false"):
        read_exposures(path, ZTF)

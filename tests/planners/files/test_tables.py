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

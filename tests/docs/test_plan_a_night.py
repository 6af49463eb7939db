from __future__ import annotations

import runpy
from pathlib import Path

from astropy import units as u

from planners.skymaps.drawings.drawing import png

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "plan_a_night.py"


def test_the_example_plans_a_night():
    made = runpy.run_path(str(EXAMPLE))
    plan, table, covered = made["made"], made["table"], made["covered"]
    assert plan.statistics["probability_all_filters"] > 0.2
    assert len(table) == len(plan.exposures) > 10
    assert table["exposure_time"].unit == u.s
    assert 0.1 < covered.probability < plan.statistics["probability"]
    assert len(png(made["figure"])) > 20_000

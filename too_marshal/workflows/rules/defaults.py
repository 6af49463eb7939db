"""Rows that a new database starts with. They are data from then on: change them there."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy import units as u
from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.telescope import Telescope
from too_marshal.db.observing.plans import PlanRule

NOT_A_SOURCE = ["not a GRB", "position unreliable"]

TELLS = {"plans": False, "notifies": True, "telescope": ""}
"""A rule that tells people and plans nothing."""

WIDE, NARROW = 0.06, 0.006
"""Probability that telescope time must add, 1/h, for cameras of more than 20 deg2 and of less: 1 %
and 0.1 % in ten minutes. Where more adds less, the telescope is worth more to others."""

_WIDE_AREA = 20.0
"""deg2 of light-sensitive area."""


def usual_gain(telescope: Telescope) -> float:
    """Probability that time of a telescope must add, by how much its camera sees at once, 1/h."""
    x, y = np.moveaxis(telescope.footprint.corners.to_value(u.deg), -1, 0)
    doubled = np.abs((x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(axis=-1))
    return WIDE if float(doubled.sum()) / 2 > _WIDE_AREA else NARROW


WITH_ZTF: tuple[tuple[str, list[str], float, float], ...] = (
    # Each telescope's customary filters and exposure time, in s: see its module.
    ("GROWTH-India", ["r"], 300.0, NARROW),
    ("WINTER", ["J"], 960.0, NARROW),
    ("DECam", ["g", "z"], 90.0, NARROW),
    ("Gattini", ["J"], 64.8, WIDE),
)
"""Telescopes that get a plan beside ZTF where a merger may have left light; those whose grids
take longest to plan come first, so that all are ready soonest."""

AT_A_POSITION: tuple[tuple[str, list[str], float], ...] = (
    # Their customary filters and exposure times, one after the other at once.
    ("GROWTH-India", ["r"], 300.0),
    ("Liverpool", ["g", "r"], 120.0),
    ("KPED", ["g", "r"], 300.0),
)
"""Telescopes of a small field that take any position: an X-ray position of some arcminutes is one
pointing of theirs."""

DEFAULT_RULES: tuple[dict[str, Any], ...] = (
    # A merger that may have left light: search in two filters, half an hour apart, for the
    # color and to tell it from asteroids (Kasliwal et al. 2020, ApJ 905, 145, section 3).
    {
        "name": "ZTF: gravitational waves with a neutron star",
        "conditions": {
            "streams": ["lvk"],
            "tests": True,
            "significant_only": True,
            "minimum_has_ns": 0.25,
        },
        "telescope": "ZTF",
        "request": {"filters": ["g", "r"], "exposure_time": 30.0, "minimum_gain": WIDE},
    },
    *(
        {
            "name": f"{telescope}: gravitational waves with a neutron star",
            "conditions": {
                "streams": ["lvk"],
                "tests": True,
                "significant_only": True,
                "minimum_has_ns": 0.25,
            },
            "telescope": telescope,
            "request": {
                "filters": filters,
                "exposure_time": exposure_time,
                "minimum_gain": minimum_gain,
            },
        }
        for telescope, filters, exposure_time, minimum_gain in WITH_ZTF
    ),
    {
        "name": "ZTF: gravitational-wave bursts and black holes, well localized",
        "conditions": {
            "streams": ["lvk"],
            "tests": False,
            "significant_only": True,
            "maximum_area": 500.0,
        },
        "telescope": "ZTF",
        "request": {"filters": ["g", "r"], "exposure_time": 30.0, "minimum_gain": WIDE},
    },
    # One exposure deep enough for the afterglow or counterpart in a small region
    # (Stein et al. 2023, MNRAS 521, 5046, section 2.2: 300 s in g and r).
    {
        "name": "ZTF: IceCube neutrinos",
        "conditions": {"streams": ["icecube"], "tests": False, "maximum_area": 40.0},
        "telescope": "ZTF",
        "request": {"filters": ["g", "r"], "exposure_time": 300.0, "minimum_gain": WIDE},
    },
    {
        "name": "ZTF: Fermi GBM bursts",
        "conditions": {
            "streams": ["fermi_gbm"],
            "tests": False,
            "maximum_area": 500.0,
            "excluded_flags": NOT_A_SOURCE,
        },
        "telescope": "ZTF",
        "request": {"filters": ["g", "r"], "exposure_time": 60.0, "minimum_gain": WIDE},
    },
    # An afterglow fades within the hour: the position is observed at once, in all filters.
    *(
        {
            "name": f"{telescope}: X-ray positions that it holds in one exposure",
            "conditions": {
                "streams": ["einstein_probe", "svom", "swift"],
                "tests": False,
                "excluded_flags": NOT_A_SOURCE,
                "fits_camera": True,
            },
            "telescope": telescope,
            "request": {
                "filters": filters,
                "exposure_time": exposure_time,
                "minimum_gap": 0.0,
            },
        }
        for telescope, filters, exposure_time in AT_A_POSITION
    ),
    # Who is told.
    {
        "name": "Tell: significant gravitational waves",
        "conditions": {"streams": ["lvk"], "significant_only": True},
        **TELLS,
    },
    {
        "name": "Tell: IceCube neutrinos",
        "conditions": {"streams": ["icecube"]},
        **TELLS,
    },
    {
        "name": "Tell: short gamma-ray bursts",
        "conditions": {
            "streams": ["fermi_gbm"],
            "kinds": ["initial", "update", "retraction"],
            "duration_classes": ["short"],
            "excluded_flags": NOT_A_SOURCE,
        },
        **TELLS,
    },
    # A supernova in the Galaxy: once in decades, and everybody wants to know.
    {
        "name": "Tell: supernova neutrinos",
        "conditions": {"streams": ["superk", "snews"]},
        **TELLS,
    },
)
"""What is planned, and told, by itself where nobody has said otherwise."""


def add_default_rules(session: Session) -> None:
    """Add the rules that ship with the marshal to a database that has none; not committed."""
    if session.scalar(select(PlanRule.id).limit(1)) is None:
        session.add_all(PlanRule(**values) for values in DEFAULT_RULES)

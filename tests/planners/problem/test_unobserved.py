"""Why a field is not observed: each reason, from a request that can have no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from hypothesis import given, settings

from planners import greedy, optimal
from planners.skymaps.circles import circle_skymap
from telescopes import DECAM, KPED, LIVERPOOL, TELESCOPES, ZTF
from telescopes.observing_plan import ExecutedExposure, ObservingRequest, Reason
from tests.planners.cases import NIGHTS, blob, request_for, requests, skymaps, whole_sky

WINTER = NIGHTS[1] + 7.5 * u.hour
"""The middle of the night; right ascensions of 120 deg stand highest."""

HIGH = blob(120, 33, 3)


def reasons(plan):
    return {entry.reason for entry in plan.unobserved}


def main_reason(plan):
    lost = plan.statistics["probability_lost"]
    return max(lost, key=lambda name: lost[name])


def test_daylight():
    plan = optimal.plan(HIGH, ZTF, request_for(NIGHTS[1] + 15 * u.hour, 3))
    assert plan.exposures == ()
    assert reasons(plan) == {Reason.DAYLIGHT}
    assert "daylight" in plan.remark
    assert "the first chance is 2026-12-22" in plan.remark


def test_airmass():
    plan = optimal.plan(blob(300, 33, 3), ZTF, request_for(WINTER, 1))
    assert reasons(plan) == {Reason.AIRMASS}


@pytest.mark.parametrize("telescope", [KPED, LIVERPOOL], ids=lambda telescope: telescope.name)
def test_a_telescope_without_a_grid_says_why_as_well(telescope):
    """Its one position is off every grid; it is never up, and not outside of anything."""
    skymap = circle_skymap(120 * u.deg, -85 * u.deg, 0.03 * u.deg, 0.9)
    plan = optimal.plan(skymap, telescope, one_exposure(telescope))
    assert plan.exposures == ()
    assert main_reason(plan) == Reason.AIRMASS
    assert "(airmass)" in plan.remark
    assert plan.unobserved == ()


def one_exposure(telescope):
    name = telescope.default_filters[0]
    start = Time("2026-11-22T03:00:00", scale="utc")  # night from La Palma to California
    return ObservingRequest(start, start + 2 * u.hour, (name,), {name: 30 * u.s})


def test_a_map_smaller_than_the_pieces_of_a_field_has_its_reason():
    plan = optimal.plan(
        circle_skymap(120 * u.deg, 85 * u.deg, 0.03 * u.deg, 0.9), DECAM, one_exposure(DECAM)
    )
    assert main_reason(plan) == Reason.AIRMASS
    assert "(airmass)" in plan.remark


def test_pointing_limit():
    # ZTF's mount goes no farther than 87.5 deg north.
    plan = optimal.plan(blob(120, 89.5, 0.3), ZTF, request_for(WINTER, 4, airmass_limit=2.5))
    assert main_reason(plan) in {Reason.POINTING_LIMIT, "outside all fields"}
    assert reasons(plan) <= {Reason.POINTING_LIMIT, Reason.BELOW_WORTH}


def test_moon():
    # The Moon was full on 2026-11-24, at 4 h of right ascension.
    moon = blob(60, 20, 3)
    start = Time("2026-11-24T06:00:00", scale="utc")
    plan = optimal.plan(moon, ZTF, request_for(start, 4, moon_separation=40 * u.deg))
    assert main_reason(plan) == Reason.MOON


def test_no_reference_image():
    request = request_for(WINTER, 4, references={"g": frozenset(), "r": frozenset({1})})
    assert reasons(optimal.plan(HIGH, ZTF, request)) == {Reason.NO_REFERENCE}


def test_excluded():
    every_field = frozenset(ZTF.read_grid().field_id.tolist())
    plan = optimal.plan(HIGH, ZTF, request_for(WINTER, 4, excluded_fields=every_field))
    assert reasons(plan) == {Reason.EXCLUDED}


def test_no_time():
    plan = optimal.plan(blob(120, 33, 12), ZTF, request_for(WINTER, 0.25, ("r",)))
    assert plan.exposures
    assert main_reason(plan) == Reason.NO_TIME
    assert "not time enough" in plan.remark


def test_below_worth():
    # The likely region just reaches into fields that others cover all but wholly.
    plan = optimal.plan(blob(120, 33, 5), ZTF, request_for(WINTER, 4))
    assert plan.exposures
    assert reasons(plan) == {Reason.BELOW_WORTH}


def test_already_observed():
    first = optimal.plan(HIGH, ZTF, request_for(WINTER, 4))
    executed = tuple(
        ExecutedExposure(
            exposure_id=str(k),
            field_id=one.field_id,
            ra=one.ra,
            dec=one.dec,
            filter=one.filter,
            start=one.start,
            exposure_time=one.exposure_time,
            detectors=np.arange(64),
        )
        for k, one in enumerate(first.exposures)
    )
    plan = optimal.plan(HIGH, ZTF, request_for(WINTER + 4 * u.hour, 2, observed=executed))
    assert plan.exposures == ()
    assert Reason.ALREADY_OBSERVED in reasons(plan)
    assert plan.statistics["probability_all_filters"] == pytest.approx(
        first.statistics["probability_all_filters"], abs=1e-6
    )


@given(skymap=skymaps(), request_=requests())
@settings(max_examples=15)
def test_all_probability_is_accounted_for_once(skymap, request_):
    plan = greedy.plan(skymap, ZTF, request_)
    fields = [entry.field_id for entry in plan.unobserved]
    assert len(fields) == len(set(fields))
    lost = plan.statistics["probability_lost"]
    assert min(lost.values(), default=0) >= 0
    whole = sum(lost.values()) + plan.statistics["probability_all_filters"]
    assert whole == pytest.approx(1, abs=1e-6)
    assert bool(plan.remark) or plan.exposures


def test_every_field_of_the_likely_region_is_observed_or_has_its_reason():
    plan = optimal.plan(whole_sky(), ZTF, request_for(WINTER, 2))
    accounted = {entry.field_id for entry in plan.unobserved}
    seen = {exposure.field_id for exposure in plan.exposures}
    assert accounted | seen == set(ZTF.read_grid().field_id.tolist())


def test_the_first_chance_is_one():
    start = NIGHTS[0] + 15 * u.hour
    plan = optimal.plan(blob(250, 30, 2), ZTF, request_for(start, 2))
    chance = Time(plan.remark.split("first chance is ")[1].split(" UTC")[0])
    assert chance > start
    later = optimal.plan(blob(250, 30, 2), ZTF, request_for(chance, 1, ("r",)))
    assert later.exposures
    assert (
        SkyCoord(250 * u.deg, 30 * u.deg).separation(
            SkyCoord(later.exposures[0].ra, later.exposures[0].dec)
        )
        < 10 * u.deg
    )


@pytest.mark.parametrize("skymap", [whole_sky(), blob(100, -30, 15)], ids=["whole", "wide"])
def test_no_plan_comes_before_the_first_chance_and_one_at_it(skymap):
    # Of a narrow camera no field holds a thousandth of a wide map.
    telescope = TELESCOPES["DECam"]
    day = Time("2026-11-27T15:00:00", scale="utc")
    plan = greedy.plan(skymap, telescope, request_for(day, 4, ("g", "r"), 60))
    chance = Time(plan.remark.split("first chance is ")[1].split(" UTC")[0], scale="utc")
    night = request_for(day, 24, ("g", "r"), 60)
    observed = greedy.plan(skymap, telescope, replace(night, maximum_fields=5))
    assert observed.exposures[0].start >= chance - 1 * u.min
    assert chance - day < 24 * u.hour

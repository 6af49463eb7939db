"""Exposures at given times, held against the rules that a planner keeps."""

from dataclasses import replace

from astropy import units as u
from astropy.time import Time

from planners.coverage.feasibility import checked
from planners.registry import PLANNERS
from planners.skymaps.circles import circle_skymap
from telescopes import ZTF
from telescopes.observing_plan import ObservingRequest

REQUEST = ObservingRequest(
    start=Time("2026-02-15T05:00:00"),
    end=Time("2026-02-15T08:00:00"),
    filters=("g", "r"),
    exposure_time={"g": 30 * u.s, "r": 30 * u.s},
)
PLAN = PLANNERS["greedy"](
    circle_skymap(150 * u.deg, 20 * u.deg, 5 * u.deg, containment=0.9), ZTF, REQUEST
)


def reasons(request: ObservingRequest, exposures=PLAN.exposures) -> list[str]:
    return [one.reason for one in checked(ZTF, request, exposures)[1]]


def test_what_a_planner_makes_can_be_taken_and_is_told_alike():
    exposures, infeasible = checked(ZTF, REQUEST, PLAN.exposures)
    assert infeasible == ()
    assert len(exposures) > 10
    for found, planned in zip(exposures, PLAN.exposures, strict=True):
        assert abs(found.airmass - planned.airmass) < 1e-3
        assert found.visit == planned.visit


def test_what_a_request_does_not_allow_is_said_of_each_exposure():
    n = len(PLAN.exposures)
    first = PLAN.exposures[0]
    early = replace(REQUEST, end=first.start + first.exposure_time)
    assert len(reasons(early)) == n - 1
    assert all(text.startswith("it lies outside of the window") for text in reasons(early))
    excluded = replace(REQUEST, excluded_fields=frozenset({first.field_id}))
    assert set(reasons(excluded)) == {f"field {first.field_id} is excluded by the request"}
    other = replace(REQUEST, filters=("g",))
    assert set(reasons(other)) == {"the request is for g, and not for r"}
    plane = replace(REQUEST, galactic_latitude=80 * u.deg)
    assert len(reasons(plane)) == n
    assert "leaves out of the sky" in reasons(plane)[0]


def test_a_camera_takes_one_exposure_at_a_time():
    first, second = PLAN.exposures[:2]
    closer = replace(second, start=first.start + first.exposure_time + 1 * u.s)
    found = checked(ZTF, REQUEST, [first, closer, *PLAN.exposures[2:]])[1]
    assert [one.index for one in found] == [1]
    assert "before the camera has read out" in found[0].reason

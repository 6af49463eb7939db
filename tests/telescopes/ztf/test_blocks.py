"""A plan cut into queues: no gap shrinks, however late a queue is begun within reason."""

import itertools
from dataclasses import replace

import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from telescopes.observing_plan import ExecutedExposure
from telescopes.preflight.timeline import DAY, Target, Timeline
from telescopes.ztf.blocks import GRACE, LATE, LEAD, TWILIGHT, blocks_of
from telescopes.ztf.facts import ZTF
from tests.telescopes.plans import START, make_plan

LINE = Timeline(ZTF, TWILIGHT)


def targets(block):
    return [
        Target(each.ra.to_value(u.deg), each.dec.to_value(u.deg), each.filter, 30.0, 2.5)
        for each in block.exposures
    ]


def moved(exposure, minutes, **changes):
    return replace(exposure, start=START + minutes * u.min, **changes)


def plan_of(*visits, gap=30 * u.min):
    """A plan of (number of the field, filter, planned minute)."""
    plan = make_plan(12, "g", minimum_gap=gap)
    exposures = tuple(
        moved(plan.exposures[number], minute, filter=name) for number, name, minute in visits
    )
    return replace(plan, exposures=exposures)


def fields(plan):
    return [[each.field_id for each in block.exposures] for block in blocks_of(plan)]


def test_a_plan_that_visits_no_field_again_is_one_queue_as_planned():
    plan = plan_of((0, "g", 0), (1, "r", 1), (2, "g", 70))
    (block,) = blocks_of(plan)
    assert block.exposures == plan.exposures
    assert block.opens == pytest.approx((START - LEAD).mjd, abs=1e-9)
    end = START + 70 * u.min + 30 * u.s + GRACE
    assert block.closes == pytest.approx(end.mjd, abs=1e-9)


def test_a_plan_that_asks_for_no_gap_is_one_queue():
    plan = make_plan(4, "gr", minimum_gap=0 * u.min)
    assert len(blocks_of(plan)) == 1


def test_second_visits_are_another_queue_whatever_their_filter():
    assert len(blocks_of(make_plan(4, "gr"))) == 2
    assert len(blocks_of(make_plan(4, "rr"))) == 2
    assert len(blocks_of(make_plan(4, "grg"))) == 3


def test_new_fields_stay_in_the_queue_of_second_visits():
    plan = plan_of((0, "g", 0), (0, "r", 36), (1, "r", 37), (1, "g", 70), (2, "g", 71))
    a, b, c = (each.field_id for each in make_plan(3, "g").exposures)
    assert fields(plan) == [[a], [a, b], [b, c]]


def test_one_that_all_others_would_wait_for_goes_into_the_next_queue():
    pass_of_ten = [(number, "r", 36 + number) for number in range(10)]
    plan = plan_of((0, "g", 0), *pass_of_ten, (0, "g", 70), (9, "g", 79))
    every = [each.field_id for each in make_plan(10, "g").exposures]
    assert fields(plan) == [every[:1], every, every[:1], every[-1:]]


def test_a_pause_ends_a_queue():
    plan = plan_of((0, "g", 0), (1, "g", 21), (0, "r", 60))
    a, b = (each.field_id for each in make_plan(2, "g").exposures)
    assert fields(plan) == [[a], [b], [a]]


def test_what_was_visited_before_the_plan_keeps_its_gap_too():
    plan = make_plan(3, "r")
    planned = plan.exposures[2]
    before = ExecutedExposure(
        "1", planned.field_id, planned.ra, planned.dec, "g", START - 1 * u.min, 30 * u.s,
        ZTF.footprint.detector_id,
    )  # fmt: skip
    elsewhere = replace(before, field_id=plan.exposures[0].field_id, dec=-80 * u.deg)
    plan = replace(plan, request=replace(plan.request, observed=(before, elsewhere)))
    first, second = blocks_of(plan)
    assert [each.field_id for each in second.exposures] == [planned.field_id]
    assert len(first.exposures) == 2
    assert second.opens >= (START + 29 * u.min).mjd


def test_what_finds_no_time_before_the_request_ends_is_in_no_queue():
    plan = make_plan(4, "gr", end=START + 32 * u.min)
    (block,) = blocks_of(plan)
    assert {each.filter for each in block.exposures} == {"g"}


def test_windows_do_not_overlap_and_lie_within_the_request():
    plan = make_plan(12, "grgr")
    blocks = blocks_of(plan)
    for one, other in itertools.pairwise(blocks):
        assert one.opens < one.closes <= other.opens < other.closes
    assert plan.request.start.mjd <= blocks[0].opens
    assert blocks[-1].closes <= plan.request.end.mjd


@given(
    n_fields=st.integers(1, 12),
    filters=st.sampled_from(["gr", "rr", "grg", "gri"]),
    gap=st.sampled_from([5, 20, 30, 60]),
    late=st.lists(st.floats(0, LATE.to_value(u.s)), min_size=12, max_size=12),
)
@settings(max_examples=25, deadline=None)
def test_gaps_are_kept_however_late_a_queue_is_begun(n_fields, filters, gap, late):
    blocks = blocks_of(make_plan(n_fields, filters, minimum_gap=gap * u.min))
    before = {}
    for block, seconds in zip(blocks, late, strict=False):
        starts = LINE.follow_list(targets(block), block.opens + seconds / DAY, block.closes)
        assert None not in starts, "all of it fits the window"
        for exposure, start in zip(block.exposures, starts, strict=True):
            if exposure.field_id in before:
                assert start - before[exposure.field_id] >= gap / 1440 - 1e-9
            before[exposure.field_id] = start

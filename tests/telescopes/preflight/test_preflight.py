"""A plan held against a live queue."""

import contextlib
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from telescopes import ZTF
from telescopes.observing_queue import QueueRequest
from telescopes.preflight.local_sky import ApproximateSky
from telescopes.preflight.preflight import preflight
from telescopes.preflight.timeline import DAY, Target, Timeline, targets_of
from telescopes.ztf.messages import dump, read_messages
from tests.telescopes.plans import START, make_plan
from tests.telescopes.ztf.test_kowalski import KowalskiBench
from tests.telescopes.ztf.test_queue import ZTFBench

BEFORE = START - 5 * u.min


@pytest.fixture
def bench():
    with contextlib.ExitStack() as stack:
        yield ZTFBench(stack)


def messages(findings, level):
    return [finding.message for finding in findings if finding.level == level]


def look(bench, plan, name="ToO_mine", now=BEFORE, change=None):
    request = bench.queue.prepare(plan, name, "Caltech", "Kulkarni")
    if change is not None:
        body = json.loads(request.body)
        change(body["queues"][-1])
        request = QueueRequest(name, json.dumps(body))
    return preflight(bench.queue, plan, request, ZTF, now)


class TestZTF:
    @pytest.mark.parametrize("filters", ["g", "gr", "grg"])
    @pytest.mark.parametrize("waits", [False, True])
    def test_the_robot_does_as_foreseen(self, bench, filters, waits):
        if waits:
            first = bench.queue.prepare(make_plan(9, "i"), "ToO_first", "Caltech", "K")
            bench.queue.submit(first)
        plan = make_plan(12, filters, minimum_gap=0 * u.min)
        (note,) = messages(look(bench, plan), "note")[1:]
        request = bench.queue.prepare(plan, "ToO_mine", "Caltech", "Kulkarni")
        bench.queue.submit(request)
        bench.pass_time(4 * u.hour)
        taken = [
            exposure
            for exposure in bench.queue.executed(START - 1 * u.hour, START + 5 * u.hour)
            if exposure.queue_name == "ToO_mine"
        ]
        assert len(taken) == len(plan.exposures)
        begin, end = taken[0].start, taken[-1].start + taken[-1].exposure_time
        times = note.split(" and to end ")
        # The first slew and exchange are not known; words are to the minute.
        for moment, text in ((begin, times[0][-20:]), (end, times[1])):
            minutes = (moment.mjd % 1) * 1440 - int(text[11:13]) * 60 - int(text[14:16])
            assert -1 <= minutes <= 4

    def test_an_earlier_queue_is_waited_for(self, bench):
        bench.queue.submit(bench.queue.prepare(make_plan(30, "g"), "ToO_first", "Caltech", "K"))
        (warning,) = messages(look(bench, make_plan(4, "r")), "warning")
        assert "waits until ToO_first is empty or expired: 30 exposures left" in warning
        assert "done about 2026-03-02 05:1" in warning

    def test_one_that_cannot_be_emptied_holds_the_robot_to_its_end(self, bench):
        first = make_plan(4, "g", end=START + 40 * u.min)
        request = bench.queue.prepare(first, "ToO_first", "Caltech", "K")
        (message,) = read_messages(request.body)
        message["targets"][0]["dec"], message["targets"][0]["ra"] = -50.0, 120.0
        bench.queue.scheduler.put_queue(json.dumps(message))
        warnings = messages(look(bench, make_plan(4, "r", end=START + 30 * u.min)), "warning")
        assert "done about 2026-03-02 05:3" in warnings[0]
        assert "4 exposures of 4 would not be begun before the window closes" in warnings[1]

    def test_a_later_queue_waits(self, bench):
        later = make_plan(4, "g", start=START + 3 * u.min)
        bench.queue.submit(bench.queue.prepare(later, "ToO_later", "Caltech", "K"))
        assert messages(look(bench, make_plan(4, "r")), "warning") == [
            "ToO_later will wait until this queue is done"
        ]

    @pytest.mark.parametrize("name", ["ToO_mine", "ToO_other"])
    def test_queues_of_other_nights_and_its_own_are_no_overlap(self, bench, name):
        other = make_plan(4, "g", start=START + 1 * u.day, end=START + 30 * u.hour)
        bench.queue.submit(bench.queue.prepare(other, name, "Caltech", "K"))
        findings = look(bench, make_plan(4, "r"))
        assert messages(findings, "warning") == []
        assert len(messages(findings, "error")) == (name == "ToO_mine")

    def test_the_survey_s_own_queues_do_not_matter(self, bench):
        request = bench.queue.prepare(make_plan(4, "g"), "ToO_x", "Caltech", "K")
        body = dump(read_messages(request.body)[0])
        body = body.replace('"subprogram_name": "ToO_x"', '"subprogram_name": "survey"')
        bench.queue.scheduler.put_queue(body.replace("ToO_x", "partnership"))
        assert messages(look(bench, make_plan(4, "r")), "warning") == []

    def test_a_list_of_somebody_else_s_form_may_last_as_long_as_its_window(self, bench):
        plan = make_plan(4, "r")
        request = bench.queue.prepare(plan, "ToO_mine", "Caltech", "K")
        held = replace(bench.queue.prepare(plan, "ToO_mine", "Caltech", "K"), name="ToO_odd")
        bench.queue.submit(bench.queue.prepare(make_plan(1, "g"), "ToO_odd", "Caltech", "K"))
        (odd,) = bench.queue.queued()
        odd = replace(odd, targets=({"field": 3},))
        findings = bench.queue.predict_execution(plan, request, [odd], ZTF, BEFORE)
        assert held.name in findings[0].message
        assert "1 exposure left" in findings[0].message

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda m: m.update(validity_window_mjd=[61101.2, 62502.0]), "takes no window"),
            (lambda m: m.update(validity_window_mjd=[57754.0, 61102.0]), "takes no window"),
            (lambda m: m.update(validity_window_mjd=[61101.1, 61101.11]), "has closed"),
            (lambda m: m["targets"].reverse(), "not in the order of time"),
            (lambda m: m["targets"][1].pop("program_pi"), "lack program_pi"),
            (lambda m: m["targets"][1].update(field_id=9999), "knows no field 9999"),
        ],
        ids=["2030", "2017", "closed", "order", "column", "field"],
    )
    def test_what_the_scheduler_would_not_take(self, bench, change, reason):
        errors = messages(look(bench, make_plan(3, "g"), change=change), "error")
        assert any(reason in error for error in errors)

    def test_what_does_not_fit_the_window_is_counted(self, bench):
        plan = make_plan(40, "g", end=START + 10 * u.min)
        (warning,) = messages(look(bench, plan), "warning")
        fits = int(13 * 60 / 38)
        lost = int(warning.split()[0])
        assert 40 - fits <= lost <= 40 - fits + 4
        assert "of 40 would not be begun before the window closes (2026-03-02 05:10 UTC)" in warning

    def test_second_visits_have_a_queue_of_their_own_that_keeps_the_gap(self, bench):
        findings = look(bench, make_plan(4, "gr"))
        assert messages(findings, "warning") == []
        assert "goes as 2 queues" in messages(findings, "note")[-2]

    @pytest.mark.parametrize("later", [0, 40])
    def test_beside_another_queue_it_is_told_what_becomes_of_the_gap(self, bench, later):
        plan = make_plan(4, "gr")
        theirs = make_plan(40, "i", start=START + later * u.min)
        bench.queue.submit(bench.queue.prepare(theirs, "ToO_theirs", "Caltech", "K"))
        warnings = messages(look(bench, plan), "warning")
        assert "ToO_theirs" in warnings[0]
        bench.queue.submit(bench.queue.prepare(plan, "ToO_mine", "Caltech", "K"))
        bench.pass_time(5 * u.hour)
        taken = {}
        for each in bench.queue.executed(START - 1 * u.hour, START + 6 * u.hour):
            if each.queue_name == "ToO_mine":
                taken.setdefault(each.field_id, []).append(each.start.mjd)
        lost = 8 - sum(map(len, taken.values()))
        assert any(f"{lost} exposures of 8" in each for each in warnings) == (lost > 0)

    def test_a_gap_that_shrinks_is_seen(self, bench):
        def open_early(message):
            message["validity_window_mjd"][0] -= 15 / 1440

        (warning,) = messages(look(bench, make_plan(4, "gr"), change=open_early), "warning")
        assert warning.startswith("4 fields would be visited again after ")
        assert "less than the 30 min asked for" in warning

    def test_limits_of_the_telescope_are_foreseen(self, bench):
        plan = make_plan(6, "g")
        low = [replace(each, dec=-45.5 * u.deg) for each in plan.exposures[:2]]
        plan = replace(plan, exposures=(*low, *plan.exposures[2:]))
        (warning,) = messages(look(bench, plan), "warning")
        assert warning.startswith("2 exposures of 6 would not be begun")

    def test_a_single_exposure_that_is_lost_is_told_and_stops_nobody(self, bench):
        plan = make_plan(3, "g")
        low = replace(plan.exposures[1], dec=-45.5 * u.deg)
        plan = replace(plan, exposures=(plan.exposures[0], low, plan.exposures[2]))
        findings = look(bench, plan)
        assert messages(findings, "warning") == []
        assert messages(findings, "note")[1].startswith("1 exposure of 3 would not be begun")


class TestAnyTelescope:
    def test_what_it_does_not_have(self, bench):
        plan = make_plan(2, "g")
        strange = replace(plan.exposures[0], field_id=5555, filter="g")
        plan = replace(plan, exposures=(strange, plan.exposures[1]))
        assert "ZTF has no field 5555" in messages(look(bench, plan), "error")
        request = bench.queue.prepare(make_plan(2, "g"), "ToO_mine", "Caltech", "K")
        findings = preflight(
            bench.queue, make_plan(2, "g"), request, replace(ZTF, filters=("i",)), BEFORE
        )
        assert messages(findings, "error") == ["ZTF has no filter g"]

    def test_many_are_not_all_named(self, bench):
        plan = make_plan(8, "g")
        exposures = tuple(replace(each, field_id=-5 - i) for i, each in enumerate(plan.exposures))
        (error, *_) = messages(look(bench, replace(plan, exposures=exposures)), "error")
        assert error == "ZTF has no field -12, -11, -10, -9, -8 and 3 more"

    def test_an_old_plan(self, bench):
        findings = look(bench, make_plan(4, "g"), now=START + 90 * u.s)
        assert messages(findings, "warning") == []
        assert messages(findings, "note")[1] == "2 exposures of 4 should have begun by now"

    def test_an_empty_plan(self, bench):
        request = bench.queue.prepare(make_plan(1), "ToO_mine", "Caltech", "K")
        findings = preflight(bench.queue, make_plan(0), request, ZTF, BEFORE)
        assert [(finding.level, finding.message) for finding in findings] == [
            ("error", "the plan is empty")
        ]


def test_a_way_without_a_history_does_not_know_whether_the_name_was_used():
    with contextlib.ExitStack() as stack:
        bench = KowalskiBench(stack, history_path=None)
        bench.pass_time(10 * u.min)
        (warning,) = messages(look(bench, make_plan(4, "g")), "warning")
    assert warning.startswith("whether the name is free is not known: ")
    assert "no history" in warning


class TestTimeline:
    def test_overheads_are_the_telescope_s(self):
        timeline = Timeline(ZTF)
        here = Target(100.0, 30.0, "g", 30.0, 2.5)
        assert timeline.overhead(None, here, 61101.2) == 0
        assert timeline.overhead(here, here, 61101.2) == 8
        other = replace(here, filter="r")
        assert timeline.overhead(here, other, 61101.2) == 8 + 135
        far = replace(here, dec=60.0)
        # 30 deg at 3 deg/s with 0.5 deg/s2, and 2 s to settle.
        assert timeline.overhead(here, far, 61101.2) == pytest.approx(30 / 3 + 3 / 0.5 + 2)
        assert timeline.overhead(far, replace(far, ra=-255.0 + 360), 61101.2) > 8

    def test_an_alt_azimuth_mount_turns_in_azimuth(self):
        mount = replace(ZTF, overheads=replace(ZTF.overheads, alt_azimuth=True))
        sky = ApproximateSky.of(ZTF.site)
        east = sky.sidereal_time(61101.2) + 2
        a, b = (Target(ra % 360, 33.35, "g", 30.0, 2.5) for ra in (east, east - 4))
        # Through the zenith: nearly half a turn for a step of three degrees.
        assert Timeline(mount).overhead(a, b, 61101.2) > 60
        assert Timeline(ZTF).overhead(a, b, 61101.2) < 15

    def test_exposures_wait_for_their_time_and_for_each_other(self):
        plan = make_plan(3, "g")
        targets = targets_of(plan)
        late = [replace(targets[0], exposure_time=500.0), *targets[1:]]
        timeline = Timeline(ZTF)
        first = targets[0].start
        starts = timeline.follow_times(targets, first - 1)
        assert starts == [target.start for target in targets]
        starts = timeline.follow_times(late, first - 1)
        readout = 8
        assert starts[0] == first
        assert (starts[1] - first) * DAY >= 500 + readout - 1e-3
        assert (starts[2] - starts[1]) * DAY >= 30 + readout - 1e-3
        assert timeline.follow_times(targets, first + 1)[0] == first + 1


@given(
    places=st.lists(
        st.tuples(st.floats(60, 170), st.floats(-60, 89), st.sampled_from("gri")), max_size=8
    ),
    hours=st.floats(0.01, 3),
)
@settings(max_examples=30, deadline=None)
def test_laws_of_following_a_list(places, hours):
    timeline = Timeline(ZTF, -12 * u.deg)
    targets = [Target(ra, dec, name, 30.0, 2.5) for ra, dec, name in places]
    begin, end = START.mjd, START.mjd + hours / 24
    starts = timeline.follow_list(targets, begin, end)
    assert len(starts) == len(targets)
    taken = sorted(start for start in starts if start is not None)
    assert all(begin <= start <= end for start in taken)
    assert all((b - a) * DAY >= 30 + 8 - 1e-3 for a, b in itertools.pairwise(taken))
    # With more time nothing is lost that was taken, and nothing is taken otherwise.
    longer = timeline.follow_list(targets, begin, end + 1 / 24)
    assert all(b == a for a, b in zip(starts, longer, strict=True) if a is not None)


@pytest.mark.parametrize("mjd", [61101.2, 61101.4])
def test_azimuth_agrees_with_astropy(mjd):
    sky, random = ApproximateSky.of(ZTF.site), np.random.default_rng(2)
    coord = SkyCoord(random.uniform(0, 360, 50), random.uniform(-80, 80, 50), unit=u.deg)
    frame = AltAz(obstime=START + (mjd - START.mjd) * u.day, location=ZTF.site.location)
    seen = coord.transform_to(frame)
    difference = (sky.azimuth(coord.ra.deg, coord.dec.deg, mjd) - seen.az.deg + 180) % 360 - 180
    assert np.abs(difference * np.cos(seen.alt.rad)).max() < 0.02

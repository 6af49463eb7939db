"""The Treasure Map in both directions, against a simulator with the service's rules."""

import contextlib
import json
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.coverage.sky_coverage import combined_coverage
from planners.skymaps.circles import circle_skymap
from telescopes import ZTF
from telescopes.errors import (
    PlanUnsuitable,
    QueueError,
    QueueRefused,
    QueueUnconfirmed,
    QueueUnreachable,
)
from telescopes.observing_plan import ExecutedExposure
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.service import running
from telescopes.simulators.treasure_map import TreasureMapSimulator
from telescopes.telescope import Footprint
from telescopes.treasure_map.client import TreasureMap, open_treasure_map
from telescopes.treasure_map.exposures import as_exposures
from telescopes.treasure_map.messages import (
    Pointing,
    completed_pointing,
    planned_pointing,
    read_pointing,
    read_polygon,
    write_pointing,
)
from tests.telescopes.contract import IMPATIENT
from tests.telescopes.plans import START, make_plan
from tests.telescopes.ztf.test_queue import open_transport

EVENT = "S260302a"
SQUARE = "POLYGON ((-0.5 -0.5, 0.5 -0.5, 0.5 0.5, -0.5 0.5, -0.5 -0.5))"
WIDE = "POLYGON ((-2 -0.5, 2 -0.5, 2 0.5, -2 0.5, -2 -0.5))"


class Bench:
    def __init__(self, stack):
        self.simulator = TreasureMapSimulator(
            {"ours": "marshal", "theirs": "goto"},
            {EVENT},
            {
                47: ("ZTF", [SQUARE]),
                9: ("Sinistro", [SQUARE, "POLYGON ((1 0, 2 0, 1.5 1, 1 0))"]),
                60: ("Wide", [WIDE]),
                61: ("None", []),
            },
        )
        self.server = stack.enter_context(running(self.simulator))
        self.map = self.connect(10)

    def connect(self, patience, token="ours"):
        transport = open_transport(self.server.url + "/api/v1", patience)
        return TreasureMap(replace(transport, headers={"api_token": token}))

    def held(self, *statuses):
        return [
            pointing_id
            for pointing_id, row in self.simulator.pointings.items()
            if not statuses or row["status"] in statuses
        ]


@pytest.fixture
def bench():
    with contextlib.ExitStack() as stack:
        yield Bench(stack)


def planned(n_fields=4):
    return [planned_pointing(each, 47) for each in make_plan(n_fields, "g").exposures]


def pointing(ra=10.0, dec=20.0, instrument=47, **changes):
    whole = {"time": START, "band": "g", "depth": 20.5, "status": "completed", **changes}
    return Pointing(ra * u.deg, dec * u.deg, instrument, **whole)


class TestPosting:
    def test_planned_pointings_and_their_numbers(self, bench):
        posted = bench.map.post(EVENT, planned(4))
        assert posted.ids == (1, 2, 3, 4)
        assert posted.refused == ()
        row = bench.simulator.pointings[1]
        exposure = make_plan(4, "g").exposures[0]
        # SkyPortal once posted planned positions half a turn away.
        assert row["ra"] == pytest.approx(exposure.ra.deg, abs=1e-6)
        assert row["status"] == "planned"
        assert row["time"] == START.isot.removesuffix(".000")

    def test_nothing_is_posted_twice(self, bench):
        first = bench.map.post(EVENT, planned(4))
        assert bench.map.post(EVENT, planned(4)).ids == first.ids
        more = bench.map.post(EVENT, planned(6))
        assert sorted(more.ids) == [1, 2, 3, 4, 5, 6]
        assert len(bench.held()) == 6

    def test_two_visits_are_two_pointings(self, bench):
        visits = [pointing(), pointing(time=START + 30 * u.min), pointing(band="r")]
        assert bench.map.post(EVENT, visits).ids == (1, 2, 3)
        # The same pointing asked for twice in one list is held once; the second has no number.
        assert bench.map.post(EVENT, [visits[0], visits[0]]).ids == (1, None)

    def test_a_planned_pointing_is_completed(self, bench):
        (pointing_id,) = bench.map.post(EVENT, planned(1)).ids
        exposure = ExecutedExposure(
            "1", 1, 10 * u.deg, 20 * u.deg, "g", START + 77 * u.s, 30 * u.s, np.arange(64)
        )
        done = replace(completed_pointing(exposure, 47, depth=20.0), pointing_id=pointing_id)
        assert bench.map.post(EVENT, [done]).ids == (pointing_id,)
        assert bench.map.post(EVENT, [done]).ids == (pointing_id,)
        assert bench.held("completed") == [pointing_id]
        assert bench.held() == [pointing_id]
        assert bench.simulator.pointings[pointing_id]["time"] == "2026-03-02T05:01:17"

    def test_many_go_in_parts(self, bench):
        many = [pointing(ra=i / 10) for i in range(250)]
        assert len(set(bench.map.post(EVENT, many).ids)) == 250

    def test_what_the_service_objects_to_is_told(self, bench):
        posted = bench.map.post(EVENT, [pointing(), pointing(instrument=5)])
        assert posted.ids == (1, None)
        assert "Instrument with ID 5 not found" in posted.refused[0]

    def test_another_s_pointing_cannot_be_completed(self, bench):
        theirs = bench.connect(10, "theirs").post(EVENT, planned(1)).ids[0]
        posted = bench.map.post(EVENT, [pointing(pointing_id=theirs)])
        assert posted.ids == (None,)
        assert "not owned by you" in posted.refused[0]

    @pytest.mark.parametrize(
        "changes",
        [{"depth": None}, {"depth": 0.0}, {"band": "Hs"}, {"dec": 91.0}, {"ra": np.nan}],
        ids=str,
    )
    def test_one_bad_pointing_stops_all_before_anything_is_sent(self, bench, changes):
        with pytest.raises(PlanUnsuitable):
            bench.map.post(EVENT, [pointing(), pointing(**changes)])
        assert bench.held() == []

    def test_an_unknown_event(self, bench):
        with pytest.raises(QueueRefused, match="does not exist in the database"):
            bench.map.post("S000000a", planned(1))

    def test_a_wrong_token(self, bench):
        with pytest.raises(QueueRefused, match="401"):
            bench.connect(10, "wrong").post(EVENT, planned(1))
        assert "wrong" not in repr(bench.connect(10, "wrong"))

    @pytest.mark.parametrize(
        ("fault", "expected", "held"),
        [
            (Fault(FaultKind.STATUS, status=401), QueueRefused, 0),
            (Fault(FaultKind.STATUS, status=409), QueueRefused, 0),
            (Fault(FaultKind.STATUS, status=429), QueueRefused, 0),
            (Fault(FaultKind.STATUS, status=500), QueueUnconfirmed, 0),
            (Fault(FaultKind.HANG), QueueUnconfirmed, 0),
            (Fault(FaultKind.RESET), QueueUnconfirmed, 0),
            (Fault(FaultKind.ACCEPT_THEN_HANG), QueueUnconfirmed, 4),
            (Fault(FaultKind.ACCEPT_THEN_RESET), QueueUnconfirmed, 4),
            (Fault(FaultKind.ACCEPT_THEN_STATUS, status=502), QueueUnconfirmed, 4),
            (Fault(FaultKind.HALF), QueueUnconfirmed, 2),
            (Fault(FaultKind.HTML), QueueUnconfirmed, 0),
            (Fault(FaultKind.TRUNCATED), QueueUnconfirmed, 4),
            (Fault(FaultKind.DRIP), QueueUnconfirmed, 4),
            (Fault(FaultKind.ENDLESS), QueueUnconfirmed, 4),
        ],
        ids=lambda value: str(getattr(value, "kind", "")),
    )
    def test_a_post_that_goes_wrong_can_be_repeated(self, bench, fault, expected, held):
        impatient = bench.connect(0.2) if fault.kind in IMPATIENT else bench.map
        bench.server.faults.add(replace(fault, method="POST"))
        with pytest.raises(expected) as caught:
            impatient.post(EVENT, planned(4))
        assert str(caught.value)
        assert len(bench.held()) == held
        bench.server.faults.clear()
        assert len(set(bench.map.post(EVENT, planned(4)).ids)) == 4
        assert len(bench.held()) == 4

    def test_a_rejected_part_does_not_take_the_others_along(self, bench):
        many = [pointing(ra=i / 10) for i in range(150)]
        bench.server.faults.add(Fault(FaultKind.STATUS, status=422, body="bad", method="POST"))
        posted = bench.map.post(EVENT, many)
        assert posted.ids[:100] == (None,) * 100
        assert None not in posted.ids[100:]
        (message,) = posted.refused
        assert message.startswith("422 ")
        assert message.endswith(": bad")

    @pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED])
    def test_nothing_is_sent_where_the_look_fails(self, bench, kind):
        bench.server.faults.add(Fault(kind, method="GET"))
        with pytest.raises(QueueUnreachable):
            bench.map.post(EVENT, planned(4))
        assert bench.held() == []

    def test_what_cannot_be_read_back_is_in_doubt(self, bench):
        bench.server.faults.add(Fault(FaultKind.RESET, method="GET", skip=1))
        with pytest.raises(QueueUnconfirmed, match="cannot be read back"):
            bench.map.post(EVENT, planned(4))


class TestCancelling:
    def test_planned_ones_only(self, bench):
        ids = bench.map.post(EVENT, planned(4)).ids
        bench.map.post(EVENT, [pointing(pointing_id=ids[0])])
        bench.map.cancel(ids)
        assert bench.held("cancelled") == list(ids[1:])
        assert bench.held("completed") == [ids[0]]
        bench.map.cancel(ids)
        bench.map.cancel([])
        bench.map.cancel([999])

    def test_cancelled_ones_may_be_planned_again(self, bench):
        bench.map.cancel(bench.map.post(EVENT, planned(2)).ids)
        # The service compares with the state too.
        assert bench.map.post(EVENT, planned(2)).ids == (3, 4)

    def test_another_s_are_not_cancelled_and_that_is_noticed(self, bench):
        theirs = bench.connect(10, "theirs").post(EVENT, planned(1)).ids
        with pytest.raises(QueueUnconfirmed, match="1 pointings are planned still"):
            bench.map.cancel(theirs)

    @pytest.mark.parametrize(
        "kind", [FaultKind.ACCEPT_THEN_HANG, FaultKind.ACCEPT_THEN_RESET, FaultKind.TRUNCATED]
    )
    def test_a_lost_answer(self, bench, kind):
        ids = bench.map.post(EVENT, planned(4)).ids
        bench.server.faults.add(Fault(kind, method="POST"))
        bench.connect(0.3).cancel(ids)
        assert bench.held("planned") == []

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(FaultKind.STATUS, status=500),
            Fault(FaultKind.STATUS, status=403),
            Fault(FaultKind.RESET),
            Fault(FaultKind.HALF),
            Fault(FaultKind.HTML),
        ],
        ids=lambda fault: str(fault.kind),
    )
    def test_one_that_does_nothing_is_not_believed(self, bench, fault):
        ids = bench.map.post(EVENT, planned(4)).ids
        bench.server.faults.add(replace(fault, method="POST"))
        with pytest.raises(QueueError):
            bench.map.cancel(ids)
        bench.map.cancel(ids)
        assert bench.held("planned") == []


class TestOthers:
    def test_completed_pointings_of_others(self, bench):
        own = bench.map.post(EVENT, [pointing()]).ids
        theirs = bench.connect(10, "theirs")
        theirs.post(EVENT, [pointing(ra=50, instrument=9, position_angle=30 * u.deg)])
        theirs.post(EVENT, planned(2))
        table = bench.map.completed_by_others(EVENT, own)
        (stored,) = table.pointings
        assert table.rejected == ()
        assert stored.ra.to_value(u.deg) == 50
        assert stored.position_angle == 30 * u.deg
        assert (stored.submitter, stored.instrument, stored.depth) == ("goto", "Sinistro", 20.5)

    def test_odd_entries_are_put_aside(self, bench):
        good = {
            "id": 7,
            "position": "POINT(10.5 -20.25)",
            "instrumentid": 47,
            "status": "completed",
            "time": "2026-03-02T05:00:00.123456",
            "band": None,
            "depth": 19.0,
            "depth_unit": "vega_mag",
            "pos_angle": None,
        }
        rows = [
            good,
            {**good, "position": None},
            {**good, "position": "POINT(1, 2)"},
            {**good, "position": "POINT(1 99)"},
            {**good, "time": None},
            {**good, "status": "maybe"},
            {**good, "instrumentid": None},
            "nothing",
            {},
        ]
        bench.server.faults.add(Fault(FaultKind.STATUS, status=200, body=json.dumps(rows)))
        table = bench.map.pointings(EVENT)
        (stored,) = table.pointings
        # A Vega limit is no AB limit.
        assert (stored.depth, stored.band) == (None, "other")
        assert stored.dec.to_value(u.deg) == -20.25
        assert [rejected.row for rejected in table.rejected] == list(range(2, 10))
        assert all(rejected.reason for rejected in table.rejected)

    @pytest.mark.parametrize("body", ["{}", "3", "null", '{"detail": "x"}'])
    def test_something_else_answers(self, bench, body):
        bench.server.faults.add(Fault(FaultKind.STATUS, status=200, body=body))
        with pytest.raises(QueueUnreachable, match="something else answers"):
            bench.map.pointings(EVENT)

    def test_they_count_as_coverage(self, bench):
        theirs = bench.connect(10, "theirs")
        theirs.post(EVENT, [pointing(ra=50, dec=0, instrument=60)])
        turned = pointing(
            ra=50, dec=0, instrument=60, position_angle=90 * u.deg, time=START + 1 * u.hour
        )
        theirs.post(EVENT, [turned])
        theirs.post(EVENT, [pointing(ra=50, dec=0, instrument=61)])
        pointings = bench.map.completed_by_others(EVENT, ()).pointings
        parts = as_exposures(pointings, {60: bench.map.footprint(60)})
        assert len(parts) == 2
        skymap = circle_skymap(50 * u.deg, 0 * u.deg, 6 * u.deg, 0.9)
        covered = combined_coverage(skymap, parts)
        # A cross of 4 by 1 deg: seven square degrees once, one twice.
        assert covered.area.to_value(u.deg**2) == pytest.approx(7, rel=0.03)
        assert covered.area_twice.to_value(u.deg**2) == pytest.approx(1, rel=0.05)
        (telescope, _), *_ = parts
        assert telescope.name == "Wide"
        with pytest.raises(LookupError):
            telescope.read_grid()

    def test_a_position_angle_turns_north_through_east(self):
        footprint_of_one = read_polygon("POLYGON ((-0.1 1, 0.1 1, 0.1 2, -0.1 2, -0.1 1))")
        footprint = Footprint(np.array([0]), footprint_of_one[None] * u.deg)
        turned = pointing(ra=0, dec=0, position_angle=40 * u.deg)
        ((telescope, _),) = as_exposures([turned], {47: footprint})
        center = telescope.footprint.corners[0].mean(axis=0).to_value(u.deg)
        sky = SkyCoord(*(center * u.deg))
        angle = SkyCoord(0 * u.deg, 0 * u.deg).position_angle(sky)
        assert angle.deg == pytest.approx(40, abs=0.1)

    def test_footprints(self, bench):
        camera = bench.map.footprint(9)
        assert camera.detector_id.tolist() == [0, 1]
        assert camera.corners.shape == (2, 4, 2)
        assert np.abs(camera.corners[0].to_value(u.deg)).max() == pytest.approx(0.5, rel=1e-3)
        with pytest.raises(QueueRefused, match="no footprint of instrument 61"):
            bench.map.footprint(61)
        for body in (
            '[{"footprint": "CIRCLE (1 2)"}]',
            '[{"footprint": "POLYGON ((1 2))"}]',
            "[3]",
        ):
            bench.server.faults.add(Fault(FaultKind.STATUS, status=200, body=body))
            with pytest.raises(QueueUnreachable, match="cannot be read"):
                bench.map.footprint(9)


class TestMessages:
    def test_the_payload_is_the_service_s(self):
        exposure = ExecutedExposure(
            "1",
            1,
            13.1 * u.deg,
            -25.2 * u.deg,
            "g",
            START,
            30 * u.s,
            np.arange(64),
            limiting_magnitude=20.5,
        )
        assert write_pointing(completed_pointing(exposure, ZTF.treasure_map_id)) == {
            "ra": 13.1,
            "dec": -25.2,
            "instrumentid": 47,
            "status": "completed",
            "time": "2026-03-02T05:00:00.000",
            "depth": 20.5,
            "depth_unit": "ab_mag",
            "band": "g",
            "pos_angle": 0.0,
        }

    def test_bands_without_a_name_are_other(self):
        (exposure,) = make_plan(1, "g").exposures
        assert planned_pointing(replace(exposure, filter="Y"), 38).band == "other"

    def test_no_depth_no_completed_pointing(self):
        exposure = ExecutedExposure(
            "e77", 1, 1 * u.deg, 1 * u.deg, "g", START, 30 * u.s, np.arange(64)
        )
        with pytest.raises(PlanUnsuitable, match="e77 has no depth"):
            completed_pointing(exposure, 47)

    def test_what_is_written_is_read(self, bench):
        (pointing_id,) = bench.map.post(EVENT, [pointing(ra=359.999999, dec=-89.5)]).ids
        (stored,) = bench.map.pointings(EVENT).pointings
        assert stored.pointing_id == pointing_id
        assert stored.is_same(pointing(ra=-0.000001, dec=-89.5))
        assert not stored.is_same(pointing(ra=359.99, dec=-80))

    @pytest.mark.parametrize("missing", ["id", "position", "status", "time", "instrumentid"])
    def test_what_must_be_there(self, missing):
        row = {
            "id": 1,
            "position": "POINT(1 2)",
            "instrumentid": 3,
            "status": "planned",
            "time": "2026-03-02T05:00:00Z",
        }
        assert read_pointing(row).time.isot == "2026-03-02T05:00:00.000"
        del row[missing]
        with pytest.raises(KeyError):
            read_pointing(row)


def test_opens(bench):
    opened = open_treasure_map("ours", bench.server.url + "/api/v1")
    opened.ping()
    assert opened.pointings(EVENT).pointings == ()
    assert open_treasure_map("x").transport.url == "https://treasuremap.space/api/v1"
    bench.server.faults.add(Fault(FaultKind.STATUS, status=403))
    with pytest.raises(QueueUnreachable):
        opened.ping()

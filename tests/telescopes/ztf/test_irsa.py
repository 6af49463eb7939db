"""The archive of ZTF, against a simulated TAP service that executes the questions."""

import contextlib
import time
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u

from telescopes import ZTF
from telescopes.archives import ARCHIVES, open_archive
from telescopes.errors import ArchiveUnavailable, QueueUnreachable
from telescopes.observing_plan import ObservingRequest
from telescopes.protocols.tap import TAPArchive
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.irsa import IRSASimulator
from telescopes.simulators.service import running
from telescopes.ztf.irsa import QUADRANT_COLUMNS, ZTFArchive, _quadrants
from telescopes.ztf.irsa_quadrants import group_quadrants
from tests.telescopes.plans import START

JD = START.jd
END = START + 1 * u.day


def exposure(number=1, **changes):
    """The 64 quadrants of one exposure."""
    whole = {
        "field": 600,
        "fid": 1,
        "expid": 334_400_000 + number,
        "obsjd": JD + number * 60 / 86400,
        "exptime": 30.0,
        "seeing": 2.0,
        "airmass": 1.2,
        "maglimit": 20.5,
        "infobits": 0,
        **changes,
    }
    return [{**whole, "rcid": quadrant} for quadrant in range(64)]


class Bench:
    def __init__(self, stack):
        self.simulator = IRSASimulator()
        self.server = stack.enter_context(running(self.simulator))
        self.archive = self.connect()

    def connect(self, patience=10, **settings):
        return ZTFArchive(
            TAPArchive(
                self.server.url + "/TAP",
                timeout=patience * u.s,
                deadline=2 * patience * u.s,
                **settings,
            )
        )

    def executed(self, known=()):
        return self.archive.executed(START, END, known)


@pytest.fixture
def bench():
    with contextlib.ExitStack() as stack:
        yield Bench(stack)


class TestExecuted:
    def test_quadrants_make_exposures(self, bench):
        bench.simulator.add_quadrants(exposure(2, field=601, fid=2, exptime=60.0))
        lost = exposure(1)[:60]
        lost[0]["seeing"], lost[0]["maglimit"], lost[1]["maglimit"] = 3.0, 20.0, 20.1
        bench.simulator.add_quadrants(lost)
        table = bench.executed()
        assert table.rejected == ()
        first, second = table.exposures
        assert first.exposure_id == "334400001"
        assert (first.field_id, first.filter) == (600, "g")
        assert first.detectors.tolist() == list(range(60))
        assert abs(first.start - (START + 60 * u.s)) < 1 * u.ms
        assert first.exposure_time == 30 * u.s
        assert first.seeing == 2 * u.arcsec
        assert first.airmass == 1.2
        assert first.limiting_magnitude == 20.5
        assert first.queue_name is None
        grid = ZTF.read_grid()
        center = grid.coord[grid.field_id == 600][0]
        assert first.ra.to_value(u.deg) == pytest.approx(center.ra.deg)
        assert (second.field_id, second.filter) == (601, "r")
        assert second.exposure_time == 60 * u.s
        assert len(second.detectors) == 64

    def test_quadrants_that_cannot_be_used_do_not_count(self, bench):
        rows = exposure()
        rows[3]["infobits"] = 1 << 25
        rows[4]["infobits"] = 1 << 24
        rows[5]["maglimit"] = None
        rows[6]["maglimit"] = float("nan")
        rows[7]["seeing"] = None
        bench.simulator.add_quadrants(rows)
        (taken,) = bench.executed().exposures
        assert taken.detectors.tolist() == [n for n in range(64) if n not in {3, 5, 6}]

    def test_an_exposure_without_a_good_quadrant_is_told_too(self, bench):
        bench.simulator.add_quadrants(exposure(maglimit=None, seeing=None, airmass=None))
        (taken,) = bench.executed().exposures
        assert len(taken.detectors) == 0
        assert (taken.limiting_magnitude, taken.seeing, taken.airmass) == (None, None, None)

    def test_the_window_is_asked_for_in_pieces_without_gap_or_overlap(self, bench):
        jd = [JD, JD + 0.25, JD + 0.5 - 1e-6, JD + 0.9999, JD + 1, JD - 1e-5]
        for number, moment in enumerate(jd):
            bench.simulator.add_quadrants(exposure(number, obsjd=moment))
        ids = [taken.exposure_id[-1] for taken in bench.executed().exposures]
        assert ids == ["0", "1", "2", "3"]
        assert len(bench.simulator.questions) == 4
        assert bench.archive.executed(START, START).exposures == ()

    def test_engineering_exposures_are_not_asked_for(self, bench):
        bench.simulator.add_quadrants(exposure(field=2001))
        assert bench.executed().exposures == ()
        assert bench.executed().rejected == ()

    def test_an_exposure_that_the_robot_told_keeps_its_name(self, bench):
        bench.simulator.add_quadrants(exposure(1, maglimit=20.7)[:50])
        bench.simulator.add_quadrants(exposure(30))
        (first, other) = bench.executed().exposures
        known = replace(
            first,
            exposure_id="from the history",
            queue_name="ToO_x",
            start=first.start + 35 * u.s,
            detectors=np.arange(64),
            limiting_magnitude=None,
        )
        elsewhere = replace(other, exposure_id="another", filter="r")
        recognized, unknown = bench.executed([known, elsewhere]).exposures
        assert recognized.exposure_id == "from the history"
        assert recognized.queue_name == "ToO_x"
        assert recognized.start is known.start
        assert recognized.limiting_magnitude == 20.7
        assert len(recognized.detectors) == 50
        assert unknown.exposure_id == other.exposure_id

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"field": 5}, None),
            ({"field": 950}, "no such field"),
            ({"field": None}, "nothing"),
            ({"fid": 7}, "no such filter"),
            ({"rcid": 64}, "no quadrant"),
            ({"rcid": None}, "no quadrant"),
            ({"rcid": 1}, "there already"),
            ({"expid": -1}, "no number"),
            ({"exptime": 0}, "exptime cannot be"),
            ({"exptime": 30000}, "exptime cannot be"),
            ({"exptime": 40}, "of another exposure"),
            ({"fid": 2}, "of another exposure"),
            ({"obsjd": JD + 0.1}, "of another exposure"),
        ],
    )
    def test_odd_rows_are_put_aside_one_by_one(self, bench, changes, reason):
        rows = exposure()
        rows[10] = {**rows[10], **changes}
        bench.simulator.add_quadrants(rows)
        table = bench.executed()
        (taken,) = table.exposures
        if reason == "nothing":
            # Compared with a limit, a missing field is not even answered.
            assert table.rejected == ()
        else:
            (rejected,) = table.rejected
            assert rejected.row == 11
            assert (reason or "of another exposure") in rejected.reason
            assert "expid=" in rejected.text
        assert taken.detectors.tolist() == [n for n in range(64) if n != 10]

    def test_the_first_quadrant_may_be_the_odd_one(self, bench):
        rows = exposure()
        rows[0]["fid"] = 2
        bench.simulator.add_quadrants(rows)
        table = bench.executed()
        assert [len(taken.detectors) for taken in table.exposures] == [63]
        assert [rejected.row for rejected in table.rejected] == [1]

    def test_columns_of_text_are_read_as_far_as_they_are_numbers(self, bench):
        bench.simulator.types["rcid"] = "char"
        rows = exposure()
        rows[10]["rcid"] = "q11"
        bench.simulator.add_quadrants(rows)
        table = bench.executed()
        assert len(table.exposures[0].detectors) == 63
        assert "rcid=q11" in table.rejected[0].text

    def test_a_night_of_800_exposures_takes_less_than_a_second_to_sift(self, bench):
        fields = np.resize(ZTF.read_grid().field_id, 800)
        for number, field in enumerate(fields.tolist()):
            bench.simulator.add_quadrants(exposure(number, field=field, obsjd=JD + number * 4e-4))
        table = bench.archive.archive.query(
            f"SELECT {', '.join(QUADRANT_COLUMNS)} FROM ztf.ztf_current_meta_sci", QUADRANT_COLUMNS
        )
        started = time.process_time()
        exposures = group_quadrants(_quadrants(table, JD, JD + 1))
        elapsed = time.process_time() - started
        print(f"{len(table)} quadrants sifted in {elapsed:.2f} s")
        assert len(exposures) == 800
        assert elapsed < 1


class TestFaults:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault(FaultKind.STATUS, status=401),
            Fault(FaultKind.STATUS, status=404),
            Fault(FaultKind.STATUS, status=429),
            Fault(FaultKind.STATUS, status=500),
            Fault(FaultKind.STATUS, status=503),
            Fault(FaultKind.STATUS, status=200, body=""),
            Fault(FaultKind.STATUS, status=200, body="[]"),
            Fault(FaultKind.STATUS, status=200, body="<VOTABLE/>"),
            Fault(FaultKind.STATUS, status=302, headers={"Location": "/TAP/elsewhere"}),
            Fault(FaultKind.HANG),
            Fault(FaultKind.RESET),
            Fault(FaultKind.HALF),
            Fault(FaultKind.HTML),
            Fault(FaultKind.TRUNCATED),
            Fault(FaultKind.DRIP),
            Fault(FaultKind.ENDLESS),
            Fault(FaultKind.ACCEPT_THEN_HANG),
        ],
        ids=lambda fault: f"{fault.kind} {fault.status} {fault.body[:3]}",
    )
    def test_no_answer_is_no_night_without_exposures(self, bench, fault):
        bench.simulator.add_quadrants(exposure())
        archive = bench.connect(0.3, largest_answer=2**20)
        bench.server.faults.add(fault)
        started = time.monotonic()
        with pytest.raises(ArchiveUnavailable) as caught:
            archive.executed(START, END)
        assert bench.server.url in str(caught.value)
        assert time.monotonic() - started < 5
        bench.server.faults.clear()
        assert len(bench.executed().exposures) == 1

    def test_nothing_listens(self, bench):
        archive = bench.connect()
        bench.server.shutdown()
        bench.server.server_close()
        with pytest.raises(QueueUnreachable, match="no connection"):
            archive.executed(START, END)

    def test_an_error_of_the_service_is_told_in_its_words(self, bench):
        with pytest.raises(ArchiveUnavailable, match=r"no such table: ztf\.elsewhere"):
            bench.archive.archive.query("SELECT a FROM ztf.elsewhere", ["a"])

    def test_an_answer_that_was_cut_is_not_taken_for_whole(self, bench):
        bench.simulator.add_quadrants(exposure())
        bench.simulator.limit = 63
        with pytest.raises(ArchiveUnavailable, match="cut its answer short"):
            bench.executed()
        bench.simulator.limit = 64
        assert len(bench.executed().exposures) == 1

    def test_a_column_that_is_gone_is_named(self, bench):
        with pytest.raises(ArchiveUnavailable, match="has no column seeing; it has field"):
            bench.archive.archive.query(
                "SELECT field FROM ztf.ztf_current_meta_sci", ["field", "seeing"]
            )


class TestReferences:
    @staticmethod
    def reference(field, fid, quadrants=64, **changes):
        whole = {
            "field": field,
            "fid": fid,
            "nframes": 20,
            "startobsdate": "2018-05-01T04:05:06Z",
            "maglimit": 22.0,
        }
        return [
            {**whole, "ccdid": n // 4 + 1, "qid": n % 4 + 1, **changes} for n in range(quadrants)
        ]

    def test_fields_by_filter(self, bench):
        for field, fid, quadrants in [
            (245, 1, 64),
            (245, 2, 64),
            (600, 2, 32),
            (601, 2, 31),
            (1895, 3, 40),
        ]:
            bench.simulator.add_references(self.reference(field, fid, quadrants))
        bench.simulator.add_references(self.reference(700, 1, nframes=14))
        bench.simulator.add_references(self.reference(701, 1, startobsdate="2018-01-31T04:05:06Z"))
        references = bench.archive.references()
        assert references.rejected == ()
        assert references.by_filter == {
            "g": frozenset({245}),
            "r": frozenset({245, 600}),
            "i": frozenset({1895}),
        }
        # As a planner takes them.
        ObservingRequest(START, END, ("g",), {"g": 30 * u.s}, references=references.by_filter)
        assert 601 in bench.archive.references(minimum_quadrants=31).by_filter["r"]

    def test_odd_rows_are_put_aside(self, bench):
        rows = self.reference(245, 1)
        rows += [
            rows[0],
            {**rows[1], "ccdid": 17},
            {**rows[2], "fid": 9},
            {**rows[3], "field": 244.5},
        ]
        bench.simulator.types["field"] = "double"
        bench.simulator.add_references(rows)
        references = bench.archive.references()
        assert references.by_filter["g"] == {245}
        assert [rejected.reason for rejected in references.rejected] == [
            "this reference is there already",
            "no quadrant",
            "no such filter",
            "ZTF has no such field",
        ]

    def test_an_empty_table_forbids_nothing(self, bench):
        with pytest.raises(ArchiveUnavailable, match="no reference image at all"):
            bench.archive.references()


def test_the_table_of_archives(bench):
    bench.simulator.add_quadrants(exposure())
    archive = open_archive("ZTF", {"url": bench.server.url + "/TAP"})
    assert len(archive.executed(START, END).exposures) == 1
    assert open_archive("ZTF").archive.url == "https://irsa.ipac.caltech.edu/TAP"
    assert set(ARCHIVES) == {"ZTF"}
    with pytest.raises(LookupError, match="no archive of DECam; there is ZTF"):
        open_archive("DECam")
    with pytest.raises(ValueError, match="not an HTTP address"):
        open_archive("ZTF", {"url": "irsa"})

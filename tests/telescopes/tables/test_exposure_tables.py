"""Uploaded tables of exposures: what is understood, and what is said of the rest."""

import json

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from telescopes import DECAM, ZTF
from telescopes.tables.exposure_tables import TableUnreadable, read_exposure_table

NOW = Time("2026-03-02T12:00:00", scale="utc")
HEAD = "exposure_id,field_id,ra,dec,filter,start,exposure_time"


def read(text, telescope=ZTF):
    data = text if isinstance(text, bytes) else text.encode()
    return read_exposure_table(data, telescope=telescope, now=NOW)


def field(number):
    grid = ZTF.read_grid()
    return grid.coord[grid.field_id == number][0]


class TestGoodRows:
    def test_every_column(self):
        place = field(600)
        table = read(
            "expid,field,ra,dec,filt,obstime,exptime,limmag,fwhm,airmass,detectors,queue,comment\n"
            f"77,600,{place.ra.deg},{place.dec.deg},g,2026-03-02T05:00:00.250Z,60,"
            "20.9,2.1,1.3,0 5 63,ToO_x,windy\n"
        )
        assert (table.rejected, table.unused_columns) == ((), ("comment",))
        (exposure,) = table.exposures
        assert exposure.exposure_id == "77"
        assert exposure.field_id == 600
        assert exposure.ra.to_value(u.deg) == pytest.approx(place.ra.deg)
        assert exposure.filter == "g"
        assert exposure.start.utc.isot == "2026-03-02T05:00:00.250"
        assert exposure.exposure_time == 60 * u.s
        assert exposure.limiting_magnitude == 20.9
        assert exposure.seeing == 2.1 * u.arcsec
        assert exposure.airmass == 1.3
        assert exposure.detectors.tolist() == [0, 5, 63]
        assert exposure.queue_name == "ToO_x"

    def test_what_need_not_be_said(self):
        (exposure,) = read("field_id,filter,start\n600,r,2026-03-02 05:00\n").exposures
        assert exposure.exposure_id == "2026-03-02T05:00:00.000_r_600"
        assert exposure.ra.to_value(u.deg) == pytest.approx(field(600).ra.deg)
        assert exposure.exposure_time == ZTF.exposure_time
        assert exposure.detectors.tolist() == list(range(64))
        assert (exposure.airmass, exposure.seeing, exposure.limiting_magnitude) == (None,) * 3

    @pytest.mark.parametrize(
        ("heading", "cell"),
        [
            ("mjd", "61101.25"),
            ("obsjd", "2461101.75"),
            ("UTC", "2026-03-02T06:00:00"),
            ("date-obs", "2026-03-02 06:00:00Z"),
            ("Obs Time", "2026-03-02T08:00:00+02:00"),
        ],
    )
    def test_starts(self, heading, cell):
        (exposure,) = read(f"field,filter,{heading}\n600,g,{cell}\n").exposures
        assert abs(exposure.start - Time("2026-03-02T06:00:00", scale="utc")) < 0.1 * u.ms

    @pytest.mark.parametrize(
        ("heading", "cell"),
        [
            ("exptime", "90"),
            ("exptime [min]", "1.5"),
            ("EXPTIME (s)", "90"),
            ("exposure_time_min", "1.5"),
            ("exposure_time_sec", "90"),
            ("exptime", "1.5 min"),
            ("exptime [min]", "90 s"),
        ],
    )
    def test_units(self, heading, cell):
        (exposure,) = read(f"field,filter,mjd,{heading}\n600,g,61101.2,{cell}\n").exposures
        assert exposure.exposure_time.to_value(u.s) == pytest.approx(90)

    def test_positions_in_hours_where_they_say_so(self):
        place = field(600)
        (exposure,) = read(
            f"ra [hourangle];dec [deg];filter;mjd\n{place.ra.hourangle};{place.dec.deg};g;61101.2\n"
        ).exposures
        assert exposure.field_id == -1
        assert exposure.ra.to_value(u.deg) == pytest.approx(place.ra.deg)

    @pytest.mark.parametrize("name", ["g", "ztfg", "ZTF_g", "ZTF-g"])
    def test_filters(self, name):
        assert read(f"field,filter,mjd\n600,{name},61101.2\n").exposures[0].filter == "g"

    def test_the_case_of_a_filter_matters(self):
        assert "no filter 'R'" in read("field,filter,mjd\n600,R,61101.2\n").rejected[0].reason
        assert read("ra,dec,filter,mjd\n1,2,Y,61101.2\n", DECAM).exposures[0].filter == "Y"

    @pytest.mark.parametrize("wrap", [list, lambda rows: {"exposures": rows, "night": "x"}])
    def test_json(self, wrap):
        rows = [
            {"field_id": 600, "filter": "g", "mjd": 61101.2, "detectors": [3, 4], "airmass": None},
            {"field_id": 601, "filter": "g", "mjd": 61101.3, "detectors": []},
            {"field_id": 602, "mjd": 61101.4},
        ]
        table = read(json.dumps(wrap(rows)))
        assert [exposure.detectors.tolist() for exposure in table.exposures] == [[3, 4], []]
        (rejected,) = table.rejected
        assert (rejected.row, rejected.reason) == (3, "no filter")
        assert json.loads(rejected.text) == rows[2]

    def test_comments_blank_lines_and_a_byte_order_mark(self):
        table = read("\ufeff# a night\n\nfield\tfilter\tmjd\n# cloud\n600\tg\t61101.2\n\n")
        assert len(table.exposures) == 1
        assert table.rejected == ()


class TestBadRows:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("b,9999,,,g,2026-03-02T06:00:00,30", "ZTF has no field 9999"),
            ("b,6.5,,,g,2026-03-02T06:00:00,30", "ZTF has no field 6.5"),
            ("b,x,,,g,2026-03-02T06:00:00,30", "field 'x' is not a number"),
            ("b,-3,,,g,2026-03-02T06:00:00,30", "ZTF has no field -3"),
            ("b,inf,,,g,2026-03-02T06:00:00,30", "field 'inf' is not a number"),
            ("b,,,,g,2026-03-02T06:00:00,30", "neither a field nor a position"),
            ("b,,10,,g,2026-03-02T06:00:00,30", "neither a field nor a position"),
            ("b,,361,5,g,2026-03-02T06:00:00,30", "right ascension (361 deg)"),
            ("b,,10,95,g,2026-03-02T06:00:00,30", "declination (95 deg)"),
            ("b,,10:20:30,5,g,2026-03-02T06:00:00,30", "ra '10:20:30' is not a number"),
            ("b,,1e999,5,g,2026-03-02T06:00:00,30", "ra '1e999' is not finite"),
            ("b,600,1,1,g,2026-03-02T06:00:00,30", "are right ascension and declination in deg?"),
            ("b,600,,,,2026-03-02T06:00:00,30", "no filter"),
            ("b,600,,,z,2026-03-02T06:00:00,30", "ZTF has no filter 'z'; it has g, r, i"),
            ("b,600,,,g,,30", "no start"),
            ("b,600,,,g,yesterday,30", "'yesterday' is no ISO 8601 time"),
            ("b,600,,,g,61101.2,30", "'61101.2' is no ISO 8601 time"),
            ("b,600,,,g,2026-03-02,30", "has no time of day"),
            ("b,600,,,g,2026-03-02T12:00:01,30", "in the future"),
            ("b,600,,,g,2027-03-02T06:00:00,30", "(2027-03-02 06:00:00 UTC) is in the future"),
            ("b,600,,,g,1970-01-01T00:00:00,30", "is before 2000-01-01"),
            ("b,600,,,g,9999-12-31T23:00:00-05:00,30", "is no date"),
            ("b,600,,,g,2026-03-02T06:00:00,0", "an exposure of 0 s"),
            ("b,600,,,g,2026-03-02T06:00:00,-30", "an exposure of -30 s"),
            ("b,600,,,g,2026-03-02T06:00:00,30000", "is it in s?"),
            ("b,600,,,g,2026-03-02T06:00:00,30 deg", "in no unit like s"),
            ("b,600,,,g,2026-03-02T06:00:00,thirty", "'thirty' is not a number"),
            ("b,600,,,g,2026-03-02T06:00:00,30,31,32", "2 cells more than there are columns"),
            ("a,601,,,g,2026-03-02T06:00:00,30", "exposure a stands in row 2 already"),
            ("b,600,,,g,2026-03-02T05:00:00,30", "the same field, filter and start stand in row 2"),
        ],
    )
    def test_is_told_and_the_others_are_kept(self, row, reason):
        good = "a,600,,,g,2026-03-02T05:00:00,30"
        after = "c,602,,,r,2026-03-02T06:10:00,30"
        table = read(f"{HEAD}\n{good}\n{row}\n{after}")
        assert [exposure.exposure_id for exposure in table.exposures] == ["a", "c"]
        (rejected,) = table.rejected
        assert rejected.row == 3
        assert reason in rejected.reason
        assert rejected.text == row

    @pytest.mark.parametrize(
        ("heading", "cell", "reason"),
        [
            ("jd", "1e12", "is no date"),
            ("airmass", "0.4", "airmass 0.4 is not from 1 to 40"),
            ("airmass", "-99", "airmass -99"),
            ("seeing", "0", "seeing 0 is not from 0.01 to 60 arcsec"),
            ("seeing", "2 s", "in no unit like arcsec"),
            ("limmag", "99", "limmag 99 is not from 5 to 35 mag"),
            ("limmag", "deep", "'deep' is not a number"),
            ("detectors", "1 64", "ZTF has no detector 64"),
            ("detectors", "all", "detectors 'all' are not numbers"),
            ("success", "false", "marked as failed"),
            ("success", "maybe", "neither true nor false"),
        ],
    )
    def test_bad_figures(self, heading, cell, reason):
        start = "" if heading == "jd" else "61101.2"
        table = read(f"field,filter,mjd,{heading}\n600,g,{start},{cell}\n")
        assert table.exposures == ()
        assert reason in table.rejected[0].reason

    def test_a_long_row_is_cut(self):
        table = read("field,filter,mjd\n600,g," + "x" * 1000 + "\n")
        assert len(table.rejected[0].text) == 300


class TestUnreadable:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "is empty"),
            (b"  \n\n", "is empty"),
            (b"# only\n# comments\n", "only comments"),
            (b"SIMPLE\0  = T", "NUL"),
            (b"\x1f\x8b\x08\xff\xfe", "no text in UTF-8"),
            (b"field,filter\n600,g\n", r"no column start \(or mjd, or jd\); it has field, filter"),
            (b"field,mjd\n600,61101.2\n", "no column filter"),
            (b"ra,filter,mjd\n600,g,61101.2\n", r"no column field_id \(or ra and dec\)"),
            (b"field,field,filter,mjd\n", "two columns are called field"),
            (b"field,filter,mjd,exptime [deg]\n", r"column 'exptime \[deg\]' should be in s"),
            (b"field,filter,mjd,exptime [parrots]\n", "a unit that is not known"),
            (b"field,rcid,filter,mjd\n", "a row for each detector"),
            (b"<html>Sign in</html>", "no column filter"),
            (b"[{]", "no JSON"),
            (b'{"a": 1}', "not exactly one list"),
            (b"[1, 2]", "not objects"),
            (b"[]", "no column filter"),
            (b"[" * 100000, "no JSON"),
            (b"a," * 60000, "a line of the table has more than 100000 letters"),
            (b"x" * (33 * 2**20), "more than 32 MiB"),
        ],
        ids=range(20),
    )
    def test_says_why(self, data, reason):
        with pytest.raises(TableUnreadable, match=reason):
            read(data)

    @given(st.binary(max_size=300))
    def test_no_file_does_worse(self, data):
        try:
            table = read(data)
        except TableUnreadable:
            return
        assert table.exposures == ()

    @given(
        st.lists(
            st.lists(
                st.sampled_from(
                    ["600", "g", "61101.2", "-", '"', "1e400", "5 km", "", "٣", "2026-03-02T05"]
                ),
                max_size=5,
            ).map(",".join),
            max_size=5,
        )
    )
    def test_every_row_is_counted_or_told(self, rows):
        table = read("\n".join(["field,filter,mjd,exptime", *rows]))
        present = sum(bool(row.strip()) for row in rows)
        assert len(table.exposures) + len(table.rejected) == present


def test_a_night_of_800_exposures_is_read_at_once():
    grid = ZTF.read_grid()
    fields = np.resize(grid.field_id, 800)
    rows = [f"{field},g,{61101.1 + i / 2000}" for i, field in enumerate(fields)]
    assert len(read("\n".join(["field,filter,mjd", *rows])).exposures) == 800

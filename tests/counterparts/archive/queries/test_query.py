"""What the archive finds is what looking at every alert would."""

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from counterparts.archive.columns import schema
from counterparts.archive.errors import LimitReached, QueryRefused
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.cones import Cone
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.query import Archive
from counterparts.archive.storage.close import close
from counterparts.archive.storage.incoming import append
from planners.geometry.ranges import Ranges, hpx29
from planners.skymaps.skymap import SkyMap
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, candids, places
from tests.strategies import regions, skymaps


def archive_of(folder, ra, dec, closed_part=2):
    """The first part of the alerts closed, in files of few rows; the others wait."""
    cut = len(ra) * closed_part // 3
    append(folder, "a", alerts(cut, ra=ra[:cut], dec=dec[:cut]))
    close(folder, NIGHT, max_rows=8)
    append(folder, "b", alerts(len(ra) - cut, first=cut, ra=ra[cut:], dec=dec[cut:]))


def numbers(mask):
    return [str(1_000_000 + number) for number in np.flatnonzero(mask)]


@given(places(), st.floats(-1, 5.8).map(lambda x: 10**x), st.integers(0, 3))
@settings(max_examples=40)
def test_a_cone_holds_what_lies_within(tmp_path_factory, place, radius, part):
    folder = tmp_path_factory.mktemp("a")
    ra, dec = place
    archive_of(folder, ra, dec, part)
    coord = SkyCoord(ra, dec, unit=u.deg)
    distance = coord.separation(coord[0]).arcsec
    # What lies on the edge to a rounding is left to either.
    certain = np.abs(distance - radius) > 1e-7
    found = set(candids(folder, Where(cone=Cone(ra[0], dec[0], radius))))
    expected = set(numbers(distance <= radius))
    assert found ^ expected <= set(numbers(~certain))


@given(places(), skymaps(distances=False), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
@settings(max_examples=30)
def test_a_region_holds_what_the_map_says(tmp_path_factory, place, skymap, level):
    folder = tmp_path_factory.mktemp("a")
    ra, dec = place
    archive_of(folder, ra, dec)
    region = skymap.region(level)
    inside = region.contains(hpx29(SkyCoord(ra, dec, unit=u.deg)))
    assert candids(folder, Where(region=region)) == numbers(inside)


@given(places(), regions(), st.floats(1e4, 5e5))
@settings(max_examples=20)
def test_conditions_hold_together(tmp_path_factory, place, region, radius):
    folder = tmp_path_factory.mktemp("a")
    ra, dec = place
    archive_of(folder, ra, dec)
    cone = Cone(ra[0], dec[0], radius)
    inside = region.contains(hpx29(SkyCoord(ra, dec, unit=u.deg))) & cone.contains(ra, dec)
    assert candids(folder, Where(region=region, cone=cone)) == numbers(inside)


def annulus(inner, outer):
    """A map whose probability lies between two circles around a place."""
    hole = Cone(120.0, 35.0, inner * 3600).cover
    ring = Cone(120.0, 35.0, outer * 3600).cover.difference(hole)
    rest = ring.complement()
    lo, hi = np.concatenate([ring.lo, rest.lo]), np.concatenate([ring.hi, rest.hi])
    density = np.concatenate([np.ones(len(ring)), np.zeros(len(rest))])
    order = np.argsort(lo)
    return SkyMap.normalized((lo[order], hi[order]), density[order], None, {})


def test_the_hole_of_an_annulus_is_not_in_it(tmp_path):
    random = np.random.default_rng(3)
    ra, dec = random.uniform(90, 150, 2000), random.uniform(5, 65, 2000)
    archive_of(tmp_path, ra, dec)
    region = annulus(10, 20).region(0.999)
    # More ranges than DuckDB is asked for at once.
    assert len(region) > 64
    coord = SkyCoord(ra, dec, unit=u.deg)
    found = candids(tmp_path, Where(region=region))
    assert found == numbers(region.contains(hpx29(coord)))
    distance = coord.separation(SkyCoord(120, 35, unit=u.deg)).deg
    assert set(found).isdisjoint(numbers((distance < 10) | (distance > 23)))
    assert len(set(found) & set(numbers((distance > 13) & (distance < 19)))) > 100


def test_times_objects_surveys_and_conditions(tmp_path):
    append(tmp_path, "a", alerts(60))
    close(tmp_path, NIGHT)
    append(tmp_path, "b", alerts(60, night=NEXT, first=60))
    append(tmp_path, "c", alerts(5, first=500, survey=["LSST"] * 5))
    table = pa.concat_tables([alerts(60), alerts(60, night=NEXT, first=60)])
    middle = float(np.sort(table["jd"])[70])
    assert len(candids(tmp_path, Where(survey="ZTF", until=middle))) == 70
    assert len(candids(tmp_path, Where(survey="ZTF", since=middle))) == 50
    assert candids(tmp_path, Where(object_id="ZTF260000007")) == ["1000007", "1000057", "1000107"]
    assert len(candids(tmp_path, Where(survey="LSST"))) == 5
    bright = np.asarray(table["magnitude"]) < 17
    assert candids(tmp_path, Where(expression="magnitude < 17", survey="ZTF")) == numbers(bright)
    assert candids(tmp_path, Where(object_id="o'; DROP TABLE alerts; --")) == []


def test_columns_have_the_types_of_the_archive_in_the_order_of_the_question(tmp_path):
    append(tmp_path, "a", alerts(3))
    table = Archive(tmp_path).query(Where(), ("dec", "received_at", "candid")).table()
    assert table.column_names == ["dec", "received_at", "candid"]
    assert [field.type for field in table.schema] == [
        schema().field(name).type for name in table.column_names
    ]


def test_no_more_rows_are_given_than_were_asked_for(tmp_path):
    append(tmp_path, "a", alerts(30))
    for rows, is_cut in ((10, True), (30, False), (0, True), (40, False)):
        answer = Archive(tmp_path).query(Where(cone=Cone(0, 0, 648000)), limits=Limits(rows=rows))
        assert len(answer.table()) == min(rows, 30)
        assert answer.is_cut == is_cut


@pytest.mark.parametrize(
    "expression",
    [
        "1) OR (1 = 1",
        "true) UNION SELECT 1 FROM (SELECT 1",
        "true) --",
        "candid IN (SELECT candid FROM alerts)",
        "row_number() OVER () = 1",
        "magnitude < getvariable('x')",
        "read_text('/etc/passwd') IS NOT NULL",
        "",
        ") ORDER BY (1",
    ],
)
def test_what_is_no_condition_is_refused(expression):
    with pytest.raises(QueryRefused):
        Where(expression=expression)


def test_a_comment_does_not_swallow_what_follows(tmp_path):
    append(tmp_path, "a", alerts(30))
    assert candids(tmp_path, Where(expression="magnitude < 0 --")) == []


def test_unknown_columns_are_named(tmp_path):
    append(tmp_path, "a", alerts(3))
    with pytest.raises(QueryRefused, match="no column color"):
        Archive(tmp_path).query(Where(), ("color",))
    with pytest.raises(QueryRefused, match="brightness"):
        Archive(tmp_path).query(Where(expression="brightness < 3"))


def test_a_question_that_takes_too_long_is_ended(tmp_path):
    append(tmp_path, "a", alerts(30))
    with pytest.raises(LimitReached, match="longer than 0 s"):
        Archive(tmp_path).query(Where(), limits=Limits(seconds=0)).table()


def test_an_answer_that_is_left_holds_nothing(tmp_path):
    append(tmp_path, "a", alerts(30))
    answer = Archive(tmp_path).query(Where())
    answer.close()
    assert list(answer) == []


def test_nowhere_is_nothing(tmp_path):
    append(tmp_path, "a", alerts(30))
    assert candids(tmp_path, Where(region=Ranges.empty())) == []

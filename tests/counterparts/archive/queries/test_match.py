"""Positions and the archive: every pair within the radius, once."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from counterparts.archive.errors import FileFault, LimitReached, QueryRefused
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.match import match
from counterparts.archive.queries.positions import Positions
from counterparts.archive.queries.query import Archive
from counterparts.archive.storage.close import close
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.live import live
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, places
from tests.counterparts.archive.queries.test_query import archive_of


def pairs(folder, coord, radius, **others):
    found = match(Archive(folder), Positions.of(coord, radius), ("candid",), **others)
    return sorted(
        (row["position"], int(row["candid"]) - 1_000_000, row["separation"])
        for table in found
        for row in table.to_pylist()
    )


@given(places(), st.floats(-1, 3.5).map(lambda x: 10**x))
@settings(max_examples=40)
def test_pairs_are_those_of_astropy(tmp_path_factory, place, radius):
    folder = tmp_path_factory.mktemp("a")
    ra, dec = place
    archive_of(folder, ra, dec)
    coord = SkyCoord(ra, dec, unit=u.deg)
    distance = coord[:, None].separation(coord[None, :]).arcsec
    found = pairs(folder, coord, radius)
    assert len({one[:2] for one in found}) == len(found)
    expected = set(zip(*np.nonzero(distance <= radius), strict=True))
    unsure = set(zip(*np.nonzero(np.abs(distance - radius) <= 1e-7), strict=True))
    assert {one[:2] for one in found} ^ expected <= unsure
    for position, alert, apart in found:
        assert apart == pytest.approx(distance[position, alert], abs=1e-7)


def test_an_alert_that_waits_in_two_batches_and_a_catalog_is_given_once(tmp_path):
    append(tmp_path, "a", alerts(10))
    close(tmp_path, NIGHT)
    append(tmp_path, "b", alerts(15))
    append(tmp_path, "c", alerts(15))
    table = alerts(15)
    found = pairs(tmp_path, SkyCoord(table["ra"], table["dec"], unit=u.deg), 1.0)
    assert [one[:2] for one in found] == [(number, number) for number in range(15)]


def test_times_narrow_it(tmp_path):
    table = alerts(10)
    append(tmp_path, "a", table)
    append(tmp_path, "b", alerts(10, night=NEXT, first=10, ra=table["ra"], dec=table["dec"]))
    coord = SkyCoord(table["ra"], table["dec"], unit=u.deg)
    middle = float(max(table["jd"].to_pylist())) + 0.01
    assert len(pairs(tmp_path, coord, 1.0)) == 20
    assert {one[1] for one in pairs(tmp_path, coord, 1.0, where=Where(until=middle))} == set(
        range(10)
    )
    assert len(pairs(tmp_path, coord, 1.0, where=Where(since=middle))) == 10


def test_no_positions_find_nothing(tmp_path):
    append(tmp_path, "a", alerts(10))
    assert pairs(tmp_path, SkyCoord([], [], unit=u.deg), 1.0) == []


def test_what_cannot_be_read_is_said_instead_of_finding_nothing(tmp_path):
    append(tmp_path, "a", alerts(10))
    catalog = close(tmp_path, NIGHT).catalog
    (tmp_path / catalog.parts[0].path).unlink()
    with pytest.raises(FileFault, match="missing"):
        pairs(tmp_path, SkyCoord([1.0], [2.0], unit=u.deg), 1.0)
    assert live(tmp_path).manifest.catalogs


def test_other_conditions_wide_circles_and_long_times_are_refused(tmp_path):
    append(tmp_path, "a", alerts(10))
    close(tmp_path, NIGHT)
    coord = SkyCoord([1.0], [2.0], unit=u.deg)
    with pytest.raises(QueryRefused, match="nothing else"):
        pairs(tmp_path, coord, 1.0, where=Where(survey="ZTF"))
    with pytest.raises(QueryRefused, match="radius"):
        pairs(tmp_path, coord, 4000.0)
    with pytest.raises(LimitReached):
        pairs(tmp_path, coord, 1.0, limits=Limits(seconds=-1))

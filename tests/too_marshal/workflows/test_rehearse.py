"""The rehearsal's merger: honest about where and when, and observable on any date."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.time import Time

from planners.skymaps.files import read_skymap
from planners.visibility import earth_rotation  # noqa: F401 - keeps astropy off the network
from too_marshal.notices.registry import parse
from too_marshal.workflows.rehearse import (
    MAP_GPS_TIME,
    Moment,
    _letters,
    alert,
    best_moment,
    moments,
    retraction,
    turned_map,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def test_the_moments_are_recent_and_a_quarter_of_a_sidereal_day_apart():
    hours = moments(NOW)
    assert sorted(moment.quarter_turns for moment in hours) == [0, 1, 2, 3]
    assert all(NOW - timedelta(hours=24) < moment.time <= NOW for moment in hours)


def test_the_region_stands_over_the_same_ground_at_each_moment():
    def longitude(time: Time, skymap) -> float:
        angle = time.sidereal_time("mean", "greenwich") - skymap.peak().ra
        return angle.wrap_at(180 * u.deg).deg

    simulated = Time(MAP_GPS_TIME, format="gps").utc
    expected = longitude(simulated, read_skymap(turned_map(Moment(NOW, 0))))
    for moment in moments(NOW):
        skymap = read_skymap(turned_map(moment))
        # UT1 drifts from UTC, and the equinox moves, by less than this in a year.
        assert longitude(Time(moment.time), skymap) == pytest.approx(expected, abs=0.02)


def test_a_turn_changes_the_right_ascension_and_nothing_else():
    skymaps = [read_skymap(turned_map(Moment(NOW, turns))) for turns in range(4)]
    start = skymaps[0].peak()
    for turns, skymap in enumerate(skymaps):
        peak = skymap.peak()
        assert (peak.ra - start.ra).wrap_at(360 * u.deg).deg == pytest.approx(90 * turns, abs=1e-9)
        assert peak.dec.deg == pytest.approx(start.dec.deg, abs=1e-9)
        assert skymap.area(0.9).value == pytest.approx(skymaps[0].area(0.9).value)
        assert skymap.distance_moments()[0].value == pytest.approx(
            skymaps[0].distance_moments()[0].value
        )


def test_the_map_is_dated_at_its_moment():
    moment = moments(NOW)[0]
    with fits.open(io.BytesIO(turned_map(moment))) as hdus:
        assert hdus[1].header["DATE-OBS"].startswith(f"{moment.time:%Y-%m-%dT%H:%M}")
        assert np.all(np.diff(hdus[1].data["UNIQ"]) > 0)


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_part_of_it_can_be_observed_whatever_the_date(month):
    from planners.greedy import plan  # noqa: PLC0415
    from telescopes.observing_plan import ObservingRequest  # noqa: PLC0415
    from telescopes.ztf.facts import ZTF  # noqa: PLC0415

    when = datetime(2027, month, 22, 19, 0, tzinfo=UTC)
    request = ObservingRequest(
        Time(when), Time(when + timedelta(hours=24)), ("g", "r"), {"g": 30 * u.s, "r": 30 * u.s}
    )
    made = plan(read_skymap(turned_map(best_moment(when))), ZTF, request)
    assert made.statistics["probability_all_filters"] > 0.5


def test_the_message_is_a_genuine_one():
    moment = moments(NOW)[0]
    notice = parse(alert(moment, "MS261122a", NOW), "igwn.gwalert")
    assert (notice.event_key, notice.is_test) == ("MS261122a", True)
    assert abs(notice.event_time - moment.time) < timedelta(milliseconds=1)
    assert base64.b64decode(json.loads(alert(moment, "MS1a", NOW))["event"]["skymap"]) == (
        turned_map(moment)
    )
    withdrawn = parse(retraction("MS261122a", NOW + timedelta(hours=1)), "igwn.gwalert")
    assert withdrawn.kind == "retraction"
    assert withdrawn.order > notice.order


def test_names_run_from_a_through_z_to_aa():
    assert [_letters(number) for number in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "a", "z", "aa", "ab", "az", "ba", "zz", "aaa",
    ]  # fmt: skip

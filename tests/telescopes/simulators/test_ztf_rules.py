"""The rules of the ZTF scheduler, one by one.

Where astropy can tell whether a target is blocked, it is asked; the limits themselves are
those of ztf_sim's `ListQueueManager`.
"""

from datetime import date

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from telescopes.preflight.local_sky import ApproximateSky
from telescopes.protocols.programs import PROGRAM_IDS
from telescopes.simulators.ztf_robot import TWILIGHT
from telescopes.simulators.ztf_rules import (
    EARLIEST,
    FILTERS,
    LATEST,
    REQUIRED,
    QueueMalformed,
    QueueRoster,
    blocked,
    read_queue,
)
from telescopes.ztf.facts import ZTF
from telescopes.ztf.messages import FILTER_IDS

NOW = 61101.25
"""Night at Palomar."""

SKY = ApproximateSky.of(ZTF.site)


def target(**changes):
    """A target as the marshal writes it; a change to None removes the column."""
    whole = {
        "request_id": 1,
        "program_id": 2,
        "field_id": 663,
        "ra": 117.6,
        "dec": 33.35,
        "filter_id": 1,
        "exposure_time": 30.0,
        "program_pi": "Kulkarni",
        "subprogram_name": "ToO_a",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def at(hour_angle, dec, **changes):
    """A target at this hour angle and declination (deg) now."""
    return target(ra=(SKY.sidereal_time(NOW) - hour_angle) % 360, dec=dec, **changes)


def message(*targets, name="ToO_a", window=(NOW - 0.1, NOW + 0.1), **changes):
    return {
        "queue_name": name,
        "queue_type": "list",
        "validity_window_mjd": None if window is None else list(window),
        "targets": list(targets or [target()]),
        **changes,
    }


def read(*targets, **changes):
    return read_queue(message(*targets, **changes), ZTF.read_grid())


def roster(*messages):
    made = QueueRoster(SKY)
    for each in messages:
        made.put(read_queue(each, ZTF.read_grid()))
    return made


class TestReading:
    @pytest.mark.parametrize("column", REQUIRED)
    def test_a_required_column_missing_in_one_target_rejects_the_whole_queue(self, column):
        with pytest.raises(QueueMalformed, match=f"target 1 lacks {column}"):
            read(target(), target(**{column: None}))

    def test_defaults(self):
        (given_none,) = read(target(exposure_time=None)).targets
        assert given_none["exposure_time"] == 30.0
        assert given_none["max_airmass"] == 2.5
        assert given_none["n_repeats"] == 1
        assert given_none["mode_num"] == 0
        assert given_none["ewr_num_images"] == 1

    def test_what_is_given_is_kept(self):
        (kept,) = read(target(exposure_time=300.0, max_airmass=1.5, n_repeats=3)).targets
        assert (kept["exposure_time"], kept["max_airmass"], kept["n_repeats"]) == (300.0, 1.5, 3)

    def test_positions_come_from_the_grid_where_none_is_given(self):
        (placed,) = read(target(ra=None, dec=None)).targets
        grid = ZTF.read_grid()
        center = grid.coord[grid.field_id == 663][0]
        assert (placed["ra"], placed["dec"]) == (center.ra.deg, center.dec.deg)

    def test_one_bad_field_rejects_the_whole_queue(self):
        with pytest.raises(QueueMalformed, match=r"field ids are malformed: .9999."):
            read(target(ra=None, dec=None), target(ra=None, dec=None, field_id=9999))

    def test_a_field_with_a_position_is_not_looked_up(self):
        assert read(target(field_id=9999)).targets[0]["field_id"] == 9999

    @pytest.mark.parametrize("absent", ["ra", "dec"])
    def test_ra_and_dec_come_both_or_neither(self, absent):
        with pytest.raises(QueueMalformed, match="both or neither"):
            read(target(**{absent: None}))

    @pytest.mark.parametrize("changes", [{"ra": 360.1}, {"ra": -1}, {"dec": 90.5}, {"dec": -91}])
    def test_positions_are_on_the_sphere(self, changes):
        with pytest.raises(QueueMalformed, match="position"):
            read(target(**changes))

    @pytest.mark.parametrize("number", [0, 4, "g"])
    def test_filters_are_1_to_3(self, number):
        with pytest.raises(QueueMalformed, match="bad filter"):
            read(target(filter_id=number))

    @pytest.mark.parametrize(
        "window",
        [
            (NOW, NOW),
            (NOW, NOW - 1),
            (57754.0, NOW),
            (50000.0, NOW),
            (NOW, 62502.0),
            (NOW, float("inf")),
            (NOW, float("nan")),
        ],
    )
    def test_windows_begin_before_they_end_within_2017_to_2030(self, window):
        with pytest.raises(QueueMalformed):
            read(window=window)

    def test_the_limits_are_2017_and_2030(self):
        origin = date(1858, 11, 17)
        assert (date(2017, 1, 1) - origin).days == EARLIEST
        assert (date(2030, 1, 1) - origin).days == LATEST
        assert read(window=(57754.001, 62501.999)).window == (57754.001, 62501.999)

    @pytest.mark.parametrize(
        "changes",
        [{"queue_type": "greedy"}, {"queue_type": None}, {"targets": []}, {"queue_name": ""}],
    )
    def test_only_list_queues_with_a_name_and_targets(self, changes):
        with pytest.raises(QueueMalformed):
            read(**changes)

    @pytest.mark.parametrize(
        ("names", "is_too"),
        [
            (("ToO_a", "all_sky"), True),
            (("all_sky", "ToO_a"), False),
            (("ToO",), True),
            (("too_a",), False),
        ],
    )
    def test_the_first_subprogram_makes_a_target_of_opportunity(self, names, is_too):
        assert read(*(target(subprogram_name=name) for name in names)).is_too is is_too


class TestBlocked:
    @pytest.mark.parametrize(
        ("hour_angle", "dec", "expected"),
        [
            # Within 5.95 h of the meridian, even where a circumpolar field stands high enough.
            (89.2, 80, False),
            (89.3, 80, True),
            (-89.2, 80, False),
            (-89.3, 80, True),
            # East of -17.6 deg in hour angle nothing at or south of -22 deg.
            (-17.5, -22, False),
            (-17.7, -22, True),
            (-17.7, -21.9, False),
            # West of it nothing at or south of -45 deg.
            (0, -44.9, False),
            (0, -45, True),
            # The pole.
            (0, 87.5, False),
            (0, 87.6, True),
        ],
    )
    def test_limits_in_hour_angle_and_declination(self, hour_angle, dec, expected):
        targets = [at(hour_angle, dec, max_airmass=99.0)]
        assert blocked(targets, NOW, SKY).tolist() == [expected]

    @pytest.mark.parametrize("hour_angle", [-60, 3, 30])
    def test_the_ears_of_the_shutter(self, hour_angle):
        assert blocked([at(hour_angle, -46, max_airmass=99.0)], NOW, SKY).tolist() == [True]

    @pytest.mark.parametrize("limit", [1.2, 1.5, 2.0, 2.5])
    def test_airmass_at_or_above_the_target_s_own_limit(self, limit):
        random = np.random.default_rng(5)
        fields = [at(h, d) for h, d in random.uniform([-85, -15], [85, 85], (300, 2))]
        coord = SkyCoord([f["ra"] for f in fields], [f["dec"] for f in fields], unit=u.deg)
        frame = AltAz(obstime=Time(NOW, format="mjd"), location=ZTF.site.location)
        airmass = coord.transform_to(frame).secz.value
        clear = np.abs(airmass - limit) > 0.01
        for each in fields:
            each["max_airmass"] = limit
        expected = (airmass >= limit) | (airmass < 0)
        np.testing.assert_array_equal(blocked(fields, NOW, SKY)[clear], expected[clear])
        assert 10 < expected.sum() < 290

    def test_below_the_horizon(self):
        assert blocked([at(80, -20, max_airmass=1e9)], NOW, SKY).tolist() == [True]

    @given(
        st.lists(st.tuples(st.floats(-180, 179), st.floats(-90, 90), st.floats(1, 5)), min_size=1)
    )
    def test_agrees_with_the_facts_that_planners_use(self, positions):
        targets = [at(h, d, max_airmass=limit) for h, d, limit in positions]
        excluded = blocked(targets, NOW, SKY)
        for (hour_angle, dec, _), is_blocked in zip(positions, excluded, strict=True):
            for region in ZTF.exclusions:
                inside = all(
                    low.to_value(u.deg) + 1e-6 < angle < high.to_value(u.deg) - 1e-6
                    for angle, (low, high) in (
                        (hour_angle, region.hour_angle),
                        (dec, region.declination),
                    )
                )
                assert is_blocked or not inside


class TestOrder:
    def test_list_order(self):
        made = roster(message(at(20, 30, field_id=1), at(-20, 30, field_id=2)))
        for expected in (1, 2):
            queue, chosen = made.next_target(NOW)
            assert chosen["field_id"] == expected
            queue.targets.remove(chosen)
        assert made.next_target(NOW) is None

    def test_a_blocked_target_is_skipped_now_and_retried_at_the_next_slot(self):
        late = NOW + 0.08
        made = roster(
            message(
                at(-75, 20, field_id=1),
                at(0, 30, field_id=2),
                at(0, 30, field_id=3),
                window=(NOW - 0.1, NOW + 0.3),
            )
        )
        queue, chosen = made.next_target(NOW)
        assert chosen["field_id"] == 2
        queue.targets.remove(chosen)
        # It has risen: the first in the list goes before the third.
        _, chosen = made.next_target(late)
        assert chosen["field_id"] == 1

    def test_no_moon_no_gap_no_grouping_by_filter(self):
        moon = Time(NOW, format="mjd")
        from astropy.coordinates import get_body  # noqa: PLC0415 - slow to import

        full = get_body("moon", moon, ZTF.site.location)
        made = roster(
            message(
                target(ra=float(full.ra.deg), dec=float(full.dec.deg), field_id=1),
                at(0, 30, field_id=2, filter_id=2),
                at(0, 30, field_id=2, filter_id=1),
                at(0, 30, field_id=2, filter_id=2),
            )
        )
        fields = []
        while (following := made.next_target(NOW)) is not None:
            queue, chosen = following
            fields.append((chosen["field_id"], chosen["filter_id"]))
            queue.targets.remove(chosen)
        assert fields[-3:] == [(2, 2), (2, 1), (2, 2)]


class TestSwitching:
    def survey(self, name="survey", **changes):
        return message(at(0, 30, subprogram_name="all_sky"), name=name, **changes)

    def too(self, name="ToO_a", **changes):
        return message(at(0, 30), name=name, **changes)

    def current(self, made, mjd=NOW):
        following = made.next_target(mjd)
        return None if following is None else following[0].name

    def test_the_default_queue_is_empty(self):
        assert self.current(roster()) is None

    def test_a_target_of_opportunity_goes_before_a_timed_queue(self):
        made = roster(self.survey())
        assert self.current(made) == "survey"
        made.put(read_queue(self.too(), ZTF.read_grid()))
        assert self.current(made) == "ToO_a"

    def test_a_timed_queue_does_not_interrupt_another(self):
        made = roster(self.survey("one"))
        assert self.current(made) == "one"
        made.put(read_queue(self.survey("two"), ZTF.read_grid()))
        assert self.current(made) == "one"

    def test_a_second_target_of_opportunity_waits_until_the_first_is_empty(self):
        made = roster(self.too("ToO_a"), self.too("ToO_b"))
        assert self.current(made) == "ToO_a"
        made.queues["ToO_a"].targets.clear()
        assert self.current(made) == "ToO_b"

    def test_a_second_target_of_opportunity_waits_until_the_first_has_expired(self):
        made = roster(self.too("ToO_a"), self.too("ToO_b", window=(NOW - 0.1, NOW + 0.2)))
        assert self.current(made) == "ToO_a"
        assert self.current(made, NOW + 0.1) == "ToO_a"
        assert self.current(made, NOW + 0.1001) == "ToO_b"

    def test_a_second_target_of_opportunity_waits_while_the_first_is_blocked(self):
        made = roster(
            message(at(-100, 20), name="ToO_a"), message(at(0, 30, field_id=2), name="ToO_b")
        )
        assert [self.current(made) for _ in range(3)] == [None, None, None]

    def test_the_window_opens(self):
        made = roster(self.too(window=(NOW, NOW + 0.01)))
        assert self.current(made, NOW - 1e-6) is None
        assert self.current(made, NOW) == "ToO_a"

    def test_expired_and_empty_queues_vanish(self):
        made = roster(self.too("ToO_a"), self.too("ToO_b", window=(NOW, NOW + 0.3)))
        made.queues["ToO_b"].targets.clear()
        made.remove_over(NOW)
        assert list(made.queues) == ["ToO_a"]
        made.remove_over(NOW + 0.1001)
        assert not made.queues

    def test_a_queue_without_a_window_begins_at_once(self):
        made = roster(self.survey("timed"))
        assert self.current(made) == "timed"
        made.put(read_queue(self.survey("now", window=None), ZTF.read_grid()))
        assert self.current(made) == "now"

    def test_a_queue_of_the_same_name_is_replaced(self):
        made = roster(self.too())
        made.put(read_queue(message(at(0, 30, field_id=7)), ZTF.read_grid()))
        assert [each["field_id"] for each in made.queues["ToO_a"].targets] == [7]

    def test_deleting_the_current_queue_returns_to_the_default(self):
        made = roster(self.too(), self.survey())
        assert self.current(made) == "ToO_a"
        made.delete("ToO_a")
        assert made.current is None
        assert self.current(made) == "survey"


class TestConstants:
    """As the scheduler's `constants.py` has them."""

    def test_overheads(self):
        assert ZTF.overheads.readout == 8 * u.s
        assert ZTF.overheads.filter_exchange == 135 * u.s

    def test_twilight(self):
        assert TWILIGHT == -12

    def test_numbers(self):
        assert FILTERS == {1: "g", 2: "r", 3: "i"}
        assert {name: number for number, name in FILTERS.items()} == FILTER_IDS
        assert (PROGRAM_IDS["MSIP"], PROGRAM_IDS["collaboration"], PROGRAM_IDS["Caltech"]) == (
            1,
            2,
            3,
        )

    def test_required_columns(self):
        assert set(REQUIRED) == {
            "field_id",
            "program_id",
            "subprogram_name",
            "filter_id",
            "program_pi",
        }

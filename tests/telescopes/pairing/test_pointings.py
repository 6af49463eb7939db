"""One pointing is one wherever it lies on the sky, and however its position is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from telescopes.pairing.pointings import (
    SAME_POINTING,
    chord,
    group,
    grouped,
    is_same_pointing,
    separation,
    vectors,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

positions_on_the_sky = st.tuples(
    st.floats(0, 360), st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 89.9999]))
)
directions = st.floats(0, 360)


@dataclass(frozen=True)
class Exposed:
    """Just what makes an exposure one."""

    ra: float
    dec: float
    field_id: int = -1
    filter: str = "g"
    start: datetime = NOON


def moved(place: tuple[float, float], direction: float, distance: float) -> tuple[float, float]:
    """The position at a distance (deg) in a direction."""
    ra, dec, toward, by = np.radians([*place, direction, distance])
    there = np.arcsin(np.sin(dec) * np.cos(by) + np.cos(dec) * np.sin(by) * np.cos(toward))
    # East and north of the position, which is good at the poles too.
    east = np.sin(toward) * np.sin(by)
    north = np.cos(dec) * np.cos(by) - np.sin(dec) * np.sin(by) * np.cos(toward)
    return float(np.degrees(ra + np.arctan2(east, north)) % 360), float(np.degrees(there))


@given(positions_on_the_sky, directions, st.floats(0, 0.9))
def test_a_position_that_is_a_little_off_is_the_same_pointing(place, direction, part):
    other = moved(place, direction, part * SAME_POINTING)
    assert is_same_pointing(Exposed(*place), Exposed(*other))
    assert group(np.array([place, other]), SAME_POINTING).tolist() == [0, 0]


@given(positions_on_the_sky, directions, st.floats(1.01, 1e4))
def test_a_position_that_is_farther_off_is_another(place, direction, part):
    other = moved(place, direction, part * SAME_POINTING)
    assert not is_same_pointing(Exposed(*place), Exposed(*other))
    assert group(np.array([place, other]), SAME_POINTING).tolist() == [0, 1]


@given(positions_on_the_sky, positions_on_the_sky)
def test_the_distance_is_that_of_astropy_and_of_the_vectors(first, second):
    there = SkyCoord(*first, unit=u.deg).separation(SkyCoord(*second, unit=u.deg)).deg
    assert separation(first, second) == pytest.approx(there, abs=1e-9)
    one, other = vectors(np.array([first, second]))
    assert np.linalg.norm(one - other) == pytest.approx(chord(there), rel=1e-8, abs=1e-9)


def test_the_numbers_of_two_fields_decide_and_else_the_distance():
    here, near, far = (150.0, 30.0), (150.0, 30.0 + 2 / 3600), (150.0, 30.5)
    assert is_same_pointing(Exposed(*here, field_id=7), Exposed(*far, field_id=7))
    assert not is_same_pointing(Exposed(*here, field_id=7), Exposed(*near, field_id=8))
    assert is_same_pointing(Exposed(*here, field_id=7), Exposed(*near))
    assert not is_same_pointing(Exposed(*here, field_id=7), Exposed(*far))


def test_a_row_of_a_database_and_a_record_are_alike():
    here = Exposed(150.0, 30.0)
    there = Exposed(150.0 * u.deg, (30 * 60) * u.arcmin)  # type: ignore[arg-type]
    assert is_same_pointing(here, there)


def test_groups_are_by_field_and_then_by_distance():
    rows = [
        Exposed(0.001, 89.9999),
        Exposed(10.0, 5.0, field_id=3),
        Exposed(180.0, 89.9999),
        Exposed(10.1, 5.0, field_id=3),
        Exposed(10.0, 5.001),
        Exposed(359.9999, 0.0),
        Exposed(0.0001, 0.0),
    ]
    assert grouped(rows).tolist() == [0, 1, 0, 1, 1, 5, 5]
    assert grouped([]).tolist() == []


@given(st.lists(positions_on_the_sky, max_size=20), st.floats(0.001, 100))
def test_every_member_is_near_the_first_of_its_group_and_the_firsts_are_apart(places, tolerance):
    first = group(np.array(places).reshape(-1, 2), tolerance)
    assert all(separation(places[k], places[first[k]]) <= tolerance * 1.0001 for k in first)
    leaders = sorted(set(first.tolist()))
    assert all(first[k] == k for k in leaders)
    for k in leaders:
        for other in leaders:
            assert k == other or separation(places[k], places[other]) > tolerance * 0.9999


def test_many_positions_are_gathered_at_once():
    generator = np.random.default_rng(7)
    places = np.stack([generator.uniform(0, 360, 2000), generator.uniform(-90, 90, 2000)], axis=-1)
    assert group(np.concatenate([places, places]), SAME_POINTING / 100).max() < 2000

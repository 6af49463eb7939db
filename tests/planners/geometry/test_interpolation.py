"""Interpolation between cells is astropy-healpix's."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy_healpix import bilinear_interpolation_weights
from numpy.testing import assert_allclose

from planners.geometry.interpolation import bilinear


def places(order: int) -> tuple[np.ndarray, np.ndarray]:
    """All over the sky, within some cells of both poles, and on what divides the sky."""
    random = np.random.default_rng(order)
    latitude = np.arcsin(random.uniform(-1, 1, 3000))
    near = np.pi / 2 - np.minimum(random.uniform(0, 4, 1000) / (1 << order), np.pi / 2)
    edges = np.array([-np.pi / 2, 0, np.pi / 2])
    latitude = np.concatenate([latitude, near, -near, edges])
    return random.uniform(0, 2 * np.pi, len(latitude)), latitude


def interpolated(cell: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Of values that have nothing to do with those of neighbors."""
    return np.sum(np.sin(cell * 12.9898) * weight, axis=0)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 7, 12, 20])
def test_cells_and_weights_are_those_of_astropy_healpix(order):
    longitude, latitude = places(order)
    cell, weight = bilinear(order, longitude, latitude)
    wanted = bilinear_interpolation_weights(longitude * u.rad, latitude * u.rad, 1 << order)
    assert_allclose(
        interpolated(cell, weight), interpolated(*wanted), atol=1e-13 * (10 + (1 << order))
    )
    assert_allclose(weight.sum(axis=0), 1, atol=1e-12)
    assert weight.min() >= 0


def test_one_place_is_interpolated_as_many_are():
    longitude, latitude = places(6)
    cell, weight = bilinear(6, longitude, latitude)
    alone = bilinear(6, longitude[7:8], latitude[7:8])
    assert np.array_equal(alone[0], cell[:, 7:8])
    assert_allclose(alone[1], weight[:, 7:8], rtol=1e-12)


def test_longitudes_go_round():
    longitude, latitude = places(5)
    wanted = interpolated(*bilinear(5, longitude, latitude))
    for turns in (-2 * np.pi, 2 * np.pi):
        assert_allclose(interpolated(*bilinear(5, longitude + turns, latitude)), wanted, atol=1e-11)


def test_nothing_is_asked():
    cell, weight = bilinear(5, np.empty(0), np.empty(0))
    assert cell.shape == weight.shape == (4, 0)

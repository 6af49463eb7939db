from __future__ import annotations

import healpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planners.skymaps import pixel_runs
from planners.skymaps.pixel_runs import CHUNK, TooManyPixels, joined, renumbered, runs

UNIFORM = 1e-6


def chunked(columns, size=CHUNK):
    n = len(next(iter(columns.values())))
    for start in range(0, n, size):
        yield {name: values[start : start + size] for name, values in columns.items()}


def painted(start, values):
    """Every pixel again, from the runs."""
    return np.repeat(values, np.diff(start))


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([0.0, -0.0, 1.0, np.nan])), min_size=1),
    st.integers(1, 7),
)
def test_runs_are_the_pixels_and_never_longer_than_needed(parts, size):
    pixels = np.repeat([value for _, value in parts], [count for count, _ in parts])
    other = np.arange(len(pixels)) // 5
    columns = {"P": pixels, "D": other.astype("f4")}
    start, values = runs(chunked(columns, size), "P", UNIFORM, len(pixels))
    assert start[0] == 0
    assert start[-1] == len(pixels)
    assert np.all(np.diff(start) > 0)
    assert np.array_equal(painted(start, values["P"]), pixels, equal_nan=True)
    assert np.array_equal(painted(start, values["D"]), columns["D"])
    bits = values["P"].view("i8")
    assert np.all((np.diff(bits) != 0) | (np.diff(values["D"]) != 0))


def test_ring_becomes_nested():
    order = 3
    ring = np.arange(12 << (2 * order), dtype="f8")
    nested = joined(renumbered({"P": ring}, order), len(ring))["P"]
    assert np.array_equal(nested, healpy.reorder(ring, r2n=True))


def smooth_chunk(scale: float) -> np.ndarray:
    """One chunk of a Gaussian that is sampled very finely."""
    nside = 512
    center = healpy.pix2vec(nside, 3000, nest=True)
    direction = np.array(healpy.pix2vec(nside, np.arange(CHUNK), nest=True))
    return np.exp(-np.sum((direction.T - center) ** 2, axis=1) / (2 * scale**2))


@pytest.mark.parametrize("scale", [0.02, 0.1, 1.0])
def test_thinning_keeps_probability_where_it_was(scale):
    pixels = smooth_chunk(scale)
    uniform = pixels.sum() / (12 * 512**2)
    start, values = runs(chunked({"P": pixels}), "P", uniform, CHUNK)
    assert len(start) < CHUNK / 2
    repainted = painted(start, values["P"])
    assert repainted.sum() == pytest.approx(pixels.sum())
    parts = pixels.reshape(-1, 4**6).sum(1)
    assert_allclose(repainted.reshape(-1, 4**6).sum(1), parts, rtol=1e-9, atol=1e-99)
    # A pixel that matters at all stays what it was to three per cent, as a rule to one.
    matters = pixels > 1e-6 * uniform
    assert_allclose(repainted[matters], pixels[matters], rtol=0.03)
    assert np.median(np.abs(repainted[matters] / pixels[matters] - 1)) < 0.01


def test_a_sky_of_too_many_pixels_is_thinned_further(monkeypatch):
    pixels = smooth_chunk(0.1)
    exact = len(runs(chunked({"P": pixels}), "P", 1e-6, CHUNK)[0])
    monkeypatch.setattr(pixel_runs, "MAX_RUNS", exact // 2)
    start, values = runs(chunked({"P": pixels}), "P", 1e-6, CHUNK)
    assert len(start) < exact / 2
    repainted = painted(start, values["P"])
    assert repainted.sum() == pytest.approx(pixels.sum())
    assert_allclose(repainted[pixels > 1e-6], pixels[pixels > 1e-6], rtol=0.3)


def test_thinned_cells_are_whole_healpix_cells():
    start, _ = runs(chunked({"P": smooth_chunk(0.1)}), "P", UNIFORM, CHUNK)
    size = np.diff(start)
    order = np.log2(size) / 2
    single = np.equal(np.mod(order, 1), 0)
    # Runs of equal cells are joined; every other run is one cell, in its place.
    assert single.mean() > 0.9
    assert np.all(start[:-1][single] % size[single] == 0)


def test_a_map_of_few_pixels_stays_as_it_is():
    random = np.random.default_rng(2)
    coarse = random.random(CHUNK // 64)
    pixels = np.repeat(coarse, 64)
    start, values = runs(chunked({"P": pixels}), "P", UNIFORM, CHUNK)
    assert np.array_equal(values["P"], coarse)
    assert np.array_equal(np.diff(start), np.full(len(coarse), 64))


def test_noise_is_not_thinned_but_there_is_an_end(monkeypatch):
    random = np.random.default_rng(2)
    noise = random.random(2 * CHUNK)
    start, values = runs(chunked({"P": noise}), "P", 1.0, 2 * CHUNK)
    assert_allclose(painted(start, values["P"]), noise, rtol=0.03)
    assert len(start) > 1.9 * CHUNK
    monkeypatch.setattr(pixel_runs, "MAX_RUNS", CHUNK)
    with pytest.raises(TooManyPixels, match="more than 262144 distinct pixels"):
        runs(chunked({"P": noise}), "P", 1.0, 2 * CHUNK)


@settings(max_examples=20)
@given(st.sampled_from([np.nan, -1.0, np.inf]), st.integers(0, CHUNK - 1))
def test_what_is_no_probability_survives_thinning_to_be_refused(value, place):
    pixels = smooth_chunk(1.0)
    pixels[place] = value
    _, values = runs(chunked({"P": pixels}), "P", UNIFORM, CHUNK)
    assert np.array_equal(
        np.unique(values["P"][~(values["P"] >= 0) | np.isinf(values["P"])]),
        [value],
        equal_nan=True,
    )


def test_a_little_less_than_nothing_is_not_averaged_away():
    pixels = smooth_chunk(1.0) * 1e-15
    pixels[12345] = -1e-20
    _, values = runs(chunked({"P": pixels}), "P", UNIFORM, CHUNK)
    assert values["P"].min() == -1e-20


def test_distances_of_a_thinned_pixel_belong_together():
    pixels = smooth_chunk(0.1)
    columns = {"P": pixels, "MU": np.arange(CHUNK) * 1.0, "SIGMA": np.arange(CHUNK) * 2.0}
    start, values = runs(chunked(columns), "P", UNIFORM, CHUNK)
    assert np.array_equal(values["MU"], start[:-1])
    assert np.array_equal(values["SIGMA"], 2.0 * start[:-1])

from __future__ import annotations

import gzip
import io
from pathlib import Path

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid
from tests.planners.fits_files import (
    as_bytes,
    flat_file,
    multiorder_file,
    patched,
    table_file,
    uniq_of,
)
from tests.planners.oracles import flat_area, ligo_areas, ligo_table
from tests.strategies import skymaps

LEVELS = (0.5, 0.9)


def areas(skymap: SkyMap) -> u.Quantity:
    return u.Quantity([skymap.area(level) for level in LEVELS])


def corpus_maps(folder, pattern):
    paths = sorted((folder / "skymaps").rglob(pattern))
    assert paths
    return paths


def test_every_multiorder_map_has_ligo_skymaps_areas(corpus):
    for path in corpus_maps(corpus, "*.multiorder.fits"):
        table = ligo_table(path)["UNIQ", "PROBDENSITY"]
        skymap = read_skymap(path.read_bytes())
        assert u.allclose(areas(skymap), ligo_areas(table, LEVELS), rtol=0.01), path.name


FLAT = {
    "gw/927563_lalinference.fits.gz": "PROB",
    "gw/GW150914_bayestar_gstlal_C01.fits.gz": "PROB",
    "gw/S190425z_bayestar.fits.gz": "PROB",
    "gw/S190814bv_5_LALInference.v1.fits.gz": "PROB",
    "gw/S240422ed_bayestar.fits.gz": "PROB",
    "fermi_gbm/glg_healpix_all_bn180116026.fit": "PROBABILITY",
    "fermi_gbm/gbm_subthresh_546126856.048000_healpix.fits": "PROBABILITY",
    "ipn/GRB220617A_IPN_map_hpx.fits.gz": "PROBABILITY",
}


@pytest.mark.parametrize("name", FLAT)
def test_every_flat_map_has_the_areas_of_its_pixels(corpus, name):
    path = corpus / "skymaps" / name
    with fits.open(path) as hdus:
        column = np.asarray(hdus[1].data[FLAT[name]]).ravel()
        ordering = hdus[1].header["ORDERING"]
    skymap = read_skymap(path.read_bytes())
    expected = u.Quantity([flat_area(column, level) for level in LEVELS])
    assert u.allclose(areas(skymap), expected, rtol=0.01, atol=0.01 * u.deg**2)
    if len(column) <= 12 << 18:
        order = healpy.nside2order(healpy.npix2nside(len(column)))
        pixels = healpy.reorder(column, r2n=True) if ordering == "RING" else column
        pixels = pixels.astype(np.float64)
        assert_allclose(skymap.rasterize(order), pixels / pixels.sum(), atol=1e-12)


def test_a_flat_map_is_what_ligo_skymap_makes_of_it(corpus):
    path = corpus / "skymaps" / "gw" / "S190425z_bayestar.fits.gz"
    table = ligo_table(path)["UNIQ", "PROBDENSITY"]
    assert u.allclose(areas(read_skymap(path.read_bytes())), ligo_areas(table, LEVELS), rtol=0.01)


def test_what_the_file_says_of_itself_is_kept(corpus):
    path = corpus / "skymaps" / "gw" / "S190814bv_5_LALInference.v1.fits.gz"
    about = read_skymap(path.read_bytes()).metadata
    assert about["creator"] == "ligo-skymap-from-samples"
    assert about["date_obs"] == "2019-08-14T21:10:38.995869"
    assert about["distmean"] == pytest.approx(267.4016)
    assert about["diststd"] == pytest.approx(51.5854)
    assert about["order"] == 10
    assert about["probability_sum"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("fermi_gbm/gbm_gnd_loc_map_723412808.fits", r"an image \(PMAP\), not a HEALPix table"),
        ("moc/90percent.moc.fits", "missing column PROBDENSITY"),
    ],
)
def test_what_is_no_sky_map_is_named(corpus, name, fault):
    with pytest.raises(SkyMapInvalid, match=fault):
        read_skymap((corpus / "skymaps" / name).read_bytes())


def same(one: SkyMap, other: SkyMap) -> None:
    """The same probability and distance everywhere, however it is cut into ranges."""
    assert_allclose(one.rasterize(5), other.rasterize(5), rtol=1e-6, atol=1e-12)
    assert (one.distmu is None) == (other.distmu is None)
    if one.distmu is not None:
        middle = (one.lo + one.hi) // 2
        at = np.searchsorted(other.lo, middle, side="right") - 1
        for name in ("distmu", "distsigma", "distnorm"):
            assert_allclose(getattr(one, name), getattr(other, name)[at], rtol=1e-6)


def distances(skymap: SkyMap) -> dict[str, np.ndarray]:
    if skymap.distmu is None:
        return {}
    return {
        "DISTMU": skymap.distmu,
        "DISTSIGMA": skymap.distsigma,
        "DISTNORM": skymap.distnorm,
    }


def flattened(skymap: SkyMap, order: int = 5) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Pixels of one order; outside the map, the probability is zero and the distance unknown."""
    index = np.arange(12 << (2 * order)) << (2 * (HIGHEST_ORDER - order))
    at = np.searchsorted(skymap.lo, index, side="right") - 1
    known = (at >= 0) & (index < skymap.hi[at])
    unknown = {"DISTMU": np.inf, "DISTSIGMA": 1.0, "DISTNORM": 0.0}
    return skymap.rasterize(order), {
        name: np.where(known, values[at], unknown[name])
        for name, values in distances(skymap).items()
    }


@settings(max_examples=50)
@given(skymaps(), st.booleans(), st.integers(0, 99))
def test_a_multiorder_file_gives_the_map_back(skymap, zipped, seed):
    shuffled = np.random.default_rng(seed).permutation(len(skymap.lo))
    columns = {name: values[shuffled] for name, values in distances(skymap).items()}
    data = multiorder_file(uniq_of(skymap)[shuffled], skymap.density[shuffled], **columns)
    reread = read_skymap(gzip.compress(data) if zipped else data)
    assert np.array_equal(reread.lo, skymap.lo)
    assert np.array_equal(reread.hi, skymap.hi)
    assert_allclose(reread.density, skymap.density)
    same(reread, skymap)


@settings(max_examples=40)
@given(
    skymaps(),
    st.sampled_from(["RING", "NESTED", "ring", "NEST"]),
    st.sampled_from([1, 1024]),
    st.sampled_from(["f4", "f8"]),
    st.booleans(),
)
def test_a_flat_file_gives_the_map_back(skymap, ordering, per_row, kind, zipped):
    pixels, columns = flattened(skymap)
    if ordering.lower() == "ring":
        pixels = healpy.reorder(pixels, n2r=True)
        columns = {name: healpy.reorder(c, n2r=True) for name, c in columns.items()}
    # Where nothing is known some files say so, and others say NaN.
    columns = {name: np.where(pixels > 0, c, np.nan).astype(kind) for name, c in columns.items()}
    data = flat_file(pixels.astype(kind), ordering=ordering, per_row=per_row, **columns)
    reread = read_skymap(gzip.compress(data) if zipped else data)
    same(reread, skymap)
    # Equal neighbors are one range.
    touching = reread.hi[:-1] == reread.lo[1:]
    parts = [reread.density, *distances(reread).values()]
    differ = np.any([part[1:] != part[:-1] for part in parts], axis=0)
    assert np.all(differ[touching])


@settings(max_examples=30)
@given(skymaps(), st.sampled_from(["RING", "NESTED"]), st.integers(0, 99))
def test_a_partial_sky_with_explicit_indices(skymap, ordering, seed):
    pixels, columns = flattened(skymap)
    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(pixels > 0))
    pixel = healpy.nest2ring(32, shuffled) if ordering == "RING" else shuffled
    columns = {name: values[shuffled] for name, values in columns.items()}
    cards = {"ORDERING": ordering, "INDXSCHM": "EXPLICIT", "NSIDE": 32}
    everything = {"PIXEL": pixel, "PROBABILITY": pixels[shuffled], **columns}
    same(read_skymap(table_file(everything, cards)), skymap)


def test_the_finest_order_of_all():
    middle = (np.int64(4) << 58) + 12345
    skymap = read_skymap(multiorder_file(np.array([middle, 4 + 7]), np.array([1e17, 0.608])))
    assert skymap.lo.tolist() == [12345, 7 << 58]
    assert skymap.hi.tolist() == [12346, 8 << 58]
    assert skymap.metadata["order"] == HIGHEST_ORDER


@given(st.integers(0, 29), st.data())
def test_uniq_is_understood_at_every_order(order, data):
    pixel = data.draw(st.integers(0, (12 << (2 * order)) - 1))
    uniq = np.array([(4 << (2 * order)) + pixel])
    density = np.array([(12 << (2 * order)) / (4 * np.pi)])
    skymap = read_skymap(multiorder_file(uniq, density))
    shift = 2 * (HIGHEST_ORDER - order)
    assert (int(skymap.lo[0]), int(skymap.hi[0])) == (pixel << shift, (pixel + 1) << shift)


def test_pixels_without_data_are_empty():
    pixels = np.full(48, healpy.UNSEEN)
    pixels[7] = 1
    skymap = read_skymap(flat_file(pixels.astype("f4")))
    assert skymap.lo.tolist() == [7 << (2 * (HIGHEST_ORDER - 1))]


def test_a_density_column_of_a_flat_map_is_a_density():
    density = np.full(48, 1 / (4 * np.pi))
    skymap = read_skymap(table_file({"PROBDENSITY": density}, {"ORDERING": "NESTED"}))
    assert skymap.metadata["probability_sum"] == pytest.approx(1)


def test_several_gzip_members_and_padding_are_one_file():
    data = flat_file(np.full(48, 1 / 48))
    zipped = gzip.compress(data[:5000]) + gzip.compress(data[5000:]) + bytes(512)
    assert len(read_skymap(zipped).lo) == 1


def test_maps_with_few_cells_without_data_are_read_and_flagged(cases):
    skymap = read_skymap(cases / "01_icecube_multiorder_3_nan_pixels.fits")
    assert u.isclose(skymap.area(0.9), 9.27 * u.deg**2, rtol=0.01)
    assert skymap.metadata["flags"] == [
        "3 cells hold no data (NaN or infinite), which counts as zero"
    ]


def test_densities_per_square_degree_are_converted(cases):
    skymap = read_skymap(cases / "02_icecube_2024_density_deg-2.fits")
    assert skymap.metadata["probability_sum"] == pytest.approx(1)
    assert u.isclose(skymap.area(0.9), 9.27 * u.deg**2, rtol=0.01)
    assert "flags" not in skymap.metadata


def test_unsigned_uniq_is_what_it_means(cases):
    with fits.open(cases / "04_unsigned_uniq.fits") as hdus:
        uniq, density = (np.array(hdus[1].data[name]) for name in ("UNIQ", "PROBDENSITY"))
    assert uniq.dtype.kind == "u"
    same(
        read_skymap(cases / "04_unsigned_uniq.fits"),
        read_skymap(multiorder_file(uniq.astype(np.int64), density.astype(float))),
    )


@given(
    skymaps(),
    st.sampled_from(["PROBABILITY DENSITY [deg-2]", "probdensity", "Prob_Density", "PROB"]),
    st.sampled_from([None, "deg-2", "1/deg2", "deg^-2", "deg**(-2)", "DEG-2", "per sq deg"]),
    st.sampled_from([None, 31, 63]),
    st.sets(st.integers(0, 10**6), max_size=3),
    st.sampled_from([np.nan, np.inf, -np.inf, healpy.UNSEEN]),
)
def test_published_layouts_of_multiorder_maps(  # noqa: PLR0917 - one for each part of a layout
    skymap, name, unit, half, gaps, nothing
):
    assume(unit is not None or "deg" in name)
    uniq, density = uniq_of(skymap), skymap.density * (np.pi / 180) ** 2
    if half == 31:
        assume(uniq.max() < 1 << 32)
        stored = (uniq - (1 << 31)).astype("i4")
    else:
        stored = uniq if half is None else uniq ^ np.int64(-(1 << 63))
    lost = {index % len(uniq) for index in gaps if skymap.probability[index % len(uniq)] < 0.01}
    density[list(lost)] = nothing
    cards = {"ORDERING": "NUNIQ", "TUNIT2": unit, "XZERO1": None if half is None else 1 << half}
    data = table_file({"UNIQ": stored, name: density}, cards)
    # Under its own name, astropy would apply it.
    reread = read_skymap(data.replace(b"XZERO1", b"TZERO1"))
    kept = np.setdiff1d(np.arange(len(uniq)), list(lost))
    order = np.argsort(skymap.lo[kept])
    assert np.array_equal(reread.lo, skymap.lo[kept][order])
    scale = skymap.probability[kept].sum()
    assert_allclose(reread.density * scale, skymap.density[kept][order], rtol=1e-9)
    flagged = lost and nothing != healpy.UNSEEN
    said = reread.metadata.get("flags", [])
    assert [flag.split()[0] for flag in said] == ([str(len(lost))] if flagged else [])


@pytest.mark.parametrize(
    "names",
    [["T"], ["TEMPERATURE"], ["I_STOKES"], ["SIGNAL"], ["COLUMN_0", "COLUMN_1"], ["PROBABILITY"]],
)
@pytest.mark.parametrize("unit", [None, "pix-1", "sr-1"])
def test_maps_that_healpy_writes_without_names(names, unit):
    pixels = np.arange(48.0) / np.arange(48.0).sum()
    values = pixels if unit != "sr-1" else pixels * 48 / (4 * np.pi)
    columns = {names[0]: values, **dict.fromkeys(names[1:], np.ones(48))}
    skymap = read_skymap(table_file(columns, {"ORDERING": "NESTED", "TUNIT1": unit}))
    assert_allclose(skymap.rasterize(1), pixels, atol=1e-12)


def test_a_flat_map_with_gaps_and_slightly_negative_pixels(tmp_path):
    pixels = np.full(12 << 16, 1.0) + np.random.default_rng(1).normal(0, 0.3, 12 << 16).clip(-0.9)
    pixels /= pixels.sum()
    pixels[:4] = np.nan, np.inf, -1e-12, -2e-12
    healpy.write_map(tmp_path / "map.fits", pixels, nest=True, dtype=np.float64)
    skymap = read_skymap(tmp_path / "map.fits")
    assert skymap.probability.sum() == pytest.approx(1)
    assert skymap.metadata["flags"] == [
        "2 cells hold no data (NaN or infinite), which counts as zero",
        "2 cells are slightly negative, which counts as zero",
    ]


def test_the_map_need_not_be_the_first_table():
    other = fits.BinTableHDU.from_columns(
        [fits.Column("TIME", "D", array=np.arange(3.0)), fits.Column("NAME", "8A", array=["a"] * 3)]
    )
    odd = fits.BinTableHDU.from_columns(
        [fits.Column("ENERGIES", "PD()", array=np.array([[1.0], [2.0, 3.0]], dtype=object))]
    )
    with fits.open(io.BytesIO(flat_file(PIXELS))) as hdus:
        data = as_bytes(fits.HDUList([fits.PrimaryHDU(), other, odd, hdus[1].copy()]))
    for each in (data, gzip.compress(data)):
        assert len(read_skymap(each).lo) == 1
    with pytest.raises(SkyMapInvalid, match=r"missing ORDERING \(columns: TIME, NAME\)"):
        read_skymap(as_bytes(fits.HDUList([fits.PrimaryHDU(), other, odd])))


@pytest.mark.parametrize("kind", [str, Path])
def test_a_map_is_read_by_its_path(tmp_path, kind):
    path = tmp_path / "map.fits"
    path.write_bytes(flat_file(np.full(48, 1 / 48)))
    same(read_skymap(kind(path)), read_skymap(path.read_bytes()))
    path.write_bytes(b"nothing")
    with pytest.raises(SkyMapInvalid, match=r"map\.fits: not a FITS file"):
        read_skymap(kind(path))
    with pytest.raises(FileNotFoundError):
        read_skymap(kind(tmp_path / "none.fits"))


PIXELS = np.full(48, 1 / 48)
UNIQ = 4 + np.arange(12)
UNIFORM = np.full(12, 1 / (4 * np.pi))


def with_value(value: float) -> np.ndarray:
    pixels = PIXELS.copy()
    pixels[5] = value
    return pixels


def uniq_with(value: int) -> bytes:
    uniq = UNIQ.astype(np.int64)
    uniq[3] = value
    return multiorder_file(uniq, UNIFORM)


FAULTS = {
    "empty": (b"", "empty"),
    "a web page": (b"<!DOCTYPE html><html>Not found</html>" * 100, "not a FITS file"),
    "a picture": (b"\x89PNG" + bytes(5000), "not a FITS file"),
    "a bare header": (as_bytes(fits.HDUList([fits.PrimaryHDU()])), "no binary table"),
    "an image": (
        as_bytes(fits.HDUList([fits.PrimaryHDU(np.ones((8, 8)))])),
        "an image .*not a HEALPix table",
    ),
    "NaN": (
        flat_file(np.where(np.arange(48) < 30, PIXELS, np.nan)),
        r"sums to 0.625, not 1; 18 cells hold no data \(NaN",
    ),
    "nothing but NaN": (flat_file(np.nan * PIXELS), "no pixel has any probability; 48 cells hold"),
    "infinite": (flat_file(np.where(np.arange(48) < 30, PIXELS, np.inf)), "infinite"),
    "negative": (flat_file(with_value(-0.001)), "negative probability in 1 cells"),
    "an unknown unit": (
        table_file({"WEIGHT": PIXELS, "SPREAD": PIXELS}, {"ORDERING": "RING", "TUNIT2": "mK"}),
        r"missing column PROB .*\(columns: WEIGHT, SPREAD in mK\)",
    ),
    "per square degree, but too much": (
        table_file({"PROB [deg-2]": PIXELS}, {"ORDERING": "RING"}),
        r"column PROB \[deg-2\]\) sums to 859.4, not 1",
    ),
    "scaled UNIQ": (
        patched(multiorder_file(UNIQ, UNIFORM), "COORDSYS", "TZERO1  = 7"),
        "column UNIQ is scaled by 1 and 7",
    ),
    "all zero": (flat_file(0 * PIXELS), "no pixel has any"),
    "sums to five": (flat_file(5 * PIXELS), "sums to 5, not 1"),
    "UNIQ twice": (uniq_with(4), "overlap"),
    "UNIQ within another": (uniq_with((4 << 10) + 5), "overlap"),
    "UNIQ zero": (uniq_with(0), "UNIQ out of range"),
    "UNIQ negative": (uniq_with(-7), "UNIQ out of range"),
    "UNIQ enormous": (uniq_with(2**63 - 1), "UNIQ out of range"),
    "UNIQ real": (multiorder_file(UNIQ.astype(float), UNIFORM), "UNIQ is not of whole numbers"),
    "no UNIQ": (
        table_file({"PROBDENSITY": UNIFORM}, {"ORDERING": "NUNIQ"}),
        "missing column UNIQ",
    ),
    "no probability": (
        table_file({"SIGNIFICANCE": PIXELS}, {"ORDERING": "RING"}),
        "missing column PROB .*SIGNIFICANCE",
    ),
    "whole-number probability": (
        table_file({"PROB": np.ones(48, dtype=np.int32)}, {"ORDERING": "RING"}),
        "PROB is not of real numbers",
    ),
    "no ordering": (table_file({"PROB": PIXELS}, {}), "missing ORDERING"),
    "odd ordering": (flat_file(PIXELS, ordering="SPIRAL"), "unknown ORDERING 'SPIRAL'"),
    "galactic": (
        table_file({"PROB": PIXELS}, {"ORDERING": "RING", "COORDSYS": "G"}),
        "COORDSYS 'G' is not equatorial",
    ),
    "47 pixels": (flat_file(np.full(47, 1 / 47)), "no full HEALPix sky"),
    "NSIDE 3": (flat_file(np.full(108, 1 / 108), ordering="RING"), "no full HEALPix sky"),
    "NSIDE card": (
        table_file({"PROB": PIXELS}, {"ORDERING": "RING", "NSIDE": 512}),
        "NSIDE 512 does not agree",
    ),
    "explicit without pixels": (
        table_file({"PROB": PIXELS}, {"ORDERING": "RING", "INDXSCHM": "EXPLICIT", "NSIDE": 2}),
        "missing column PIXEL",
    ),
    "explicit without NSIDE": (
        table_file(
            {"PIXEL": np.arange(48), "PROB": PIXELS}, {"ORDERING": "RING", "INDXSCHM": "EXPLICIT"}
        ),
        "NSIDE None is no power of two",
    ),
    "explicit beyond the sky": (
        table_file(
            {"PIXEL": np.arange(48) + 1, "PROB": PIXELS},
            {"ORDERING": "NESTED", "INDXSCHM": "EXPLICIT", "NSIDE": 2},
        ),
        "PIXEL out of range",
    ),
    "scaled": (patched(flat_file(PIXELS), "COORDSYS", "TSCAL1  = 2.0"), "column PROB is scaled"),
    "distances of another length": (
        as_bytes(
            fits.HDUList(
                [
                    fits.PrimaryHDU(),
                    fits.BinTableHDU.from_columns(
                        [
                            fits.Column("PROB", "4D", array=PIXELS.reshape(12, 4)),
                            fits.Column("DISTMU", "2D", array=np.ones((12, 2))),
                            fits.Column("DISTSIGMA", "4D", array=np.ones((12, 4))),
                            fits.Column("DISTNORM", "4D", array=np.ones((12, 4))),
                        ],
                        header=fits.Header([("ORDERING", "NESTED")]),
                    ),
                ]
            )
        ),
        "PROB and DISTMU differ in length",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named(name):
    data, fault = FAULTS[name]
    with pytest.raises(SkyMapInvalid, match=fault):
        read_skymap(data)
    with pytest.raises(SkyMapInvalid, match=fault):
        read_skymap(gzip.compress(data))


REAL = multiorder_file(UNIQ, UNIFORM, DISTMU=UNIFORM, DISTSIGMA=UNIFORM, DISTNORM=UNIFORM)


@given(st.integers(0, len(REAL) - 1), st.booleans())
def test_a_truncated_file_is_refused(length, zipped):
    # FITS pads the last block: bytes that say nothing may be missing.
    data = gzip.compress(REAL)[: length % 500] if zipped else REAL[: min(length, len(REAL) - 2880)]
    with pytest.raises(SkyMapInvalid):
        read_skymap(data)


@settings(max_examples=300)
@given(st.data())
def test_damage_is_refused_or_harmless(data):
    raw = bytearray(gzip.compress(REAL) if data.draw(st.booleans()) else REAL)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        skymap = read_skymap(bytes(raw))
    except SkyMapInvalid:
        return
    assert skymap.probability.sum() == pytest.approx(1)
    assert np.all(np.isfinite(skymap.density))


@given(st.binary(max_size=3000))
def test_any_bytes_are_refused(raw):
    with pytest.raises(SkyMapInvalid):
        read_skymap(raw)


@settings(max_examples=60)
@given(st.binary(max_size=6000))
def test_any_bytes_after_a_fits_beginning_are_refused(raw):
    with pytest.raises(SkyMapInvalid):
        read_skymap(REAL[:2880] + raw)

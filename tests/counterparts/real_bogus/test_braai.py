"""braai's scores: those that its authors printed, whatever stands beside in the batch."""

import base64
import gzip
import hashlib
import io
import json
from importlib import resources

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from counterparts.real_bogus import NORMALIZATIONS, scores
from counterparts.real_bogus.triplets import SIZE, by_image, by_row, triplet

CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
MODELS = resources.files("counterparts.real_bogus") / "models"


def random_images(seed: int, shape: tuple[int, int] = (SIZE, SIZE)) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(100, 10, shape).astype(np.float32) for _ in CUTOUTS]


def test_the_models_are_those_that_were_made():
    lines = (MODELS / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == len(NORMALIZATIONS)
    for line in lines:
        checksum, name = line.split()
        assert hashlib.sha256((MODELS / name).read_bytes()).hexdigest() == checksum


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_the_score_that_its_authors_printed(corpus):
    """A detection in braai's own repository, with the score that TensorFlow gave."""
    packet = json.loads(
        (corpus / "alerts" / "ztf" / "braai" / "893215910715010007.json").read_text()
    )
    images = []
    for name in CUTOUTS:
        data = base64.b64decode(packet[name]["stampData"]["$binary"])
        images.append(np.asarray(fits.getdata(io.BytesIO(gzip.decompress(data)))))
    version = packet["classifications"]["braai_version"]
    (score,) = scores([images], version)
    assert score == pytest.approx(packet["classifications"]["braai"], rel=1e-4)


@pytest.mark.parametrize("version", NORMALIZATIONS)
def test_a_score_does_not_depend_on_what_stands_beside(version: str):
    many = [random_images(seed) for seed in range(140)]
    together = scores(many, version)
    alone = [scores([images], version)[0] for images in (many[0], many[127], many[139])]
    assert together[[0, 127, 139]] == pytest.approx(alone, abs=1e-6)
    assert np.all((together >= 0) & (together <= 1))


@pytest.mark.parametrize("version", NORMALIZATIONS)
def test_what_is_no_triplet_has_no_score_and_hinders_no_other(version: str):
    good = random_images(1)
    wrong = [good[:2], [*good[:2], np.zeros((64, 63), np.float32)], [*good[:2], np.zeros(63)]]
    found = scores([wrong[0], good, *wrong[1:]], version)
    assert np.isnan(found[[0, 2, 3]]).all()
    assert found[1] == pytest.approx(scores([good], version)[0], abs=1e-6)
    assert scores([], version).shape == (0,)


def test_cutouts_of_the_edge_are_filled_after_they_were_normalized():
    images = random_images(2, (40, 63))
    images[0][3, 3] = np.nan
    filled = triplet(images, by_image)
    assert filled.shape == (SIZE, SIZE, 3)
    assert np.all(filled[40:] == np.float32(1e-9))
    assert np.linalg.norm(filled[:40, :, 0]) == pytest.approx(1, rel=1e-6)
    assert filled[3, 3, 0] == 0


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(1e-3, 1e30))
def test_the_brightness_of_a_cutout_does_not_matter(seed: int, factor: float):
    images = random_images(seed)
    brighter = [np.asarray(image * np.float64(factor), np.float32) for image in images]
    for normalization in (by_image, by_row):
        assert triplet(brighter, normalization) == pytest.approx(
            triplet(images, normalization), abs=1e-5
        )


def test_an_empty_row_stays_empty():
    image = np.zeros((SIZE, SIZE), np.float32)
    image[5] = 3
    rows = by_row(image)
    assert np.all(rows[:5] == 0)
    assert np.linalg.norm(rows[5]) == pytest.approx(1)
    assert np.all(by_image(np.zeros_like(image)) == 0)

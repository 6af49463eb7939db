"""What benchmarks of sky maps share: maps of the corpus, maps of our own making, memory."""

import os
from collections.abc import Iterator
from pathlib import Path

import healpy
import numpy as np

from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid

CORPUS = Path(os.environ.get("TOO_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))


def peak_memory() -> float:
    """Most memory held by this process since its start or the last reset, MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def corpus_maps() -> Iterator[tuple[str, SkyMap]]:
    """Every map of the corpus that can be read, by its file's name."""
    for path in sorted((CORPUS / "skymaps").glob("*/*.fit*")):
        try:
            yield path.name, read_skymap(path.read_bytes())
        except SkyMapInvalid:
            continue


def synthetic_map(seed: int) -> SkyMap:
    """A map like those of two or three detectors: parts of a ring, bright here and faint there."""
    random = np.random.default_rng(seed)
    order = 7
    directions = np.stack(healpy.pix2vec(1 << order, np.arange(12 << 2 * order), nest=True))
    axis, along = _frame(random)
    radius, width = random.uniform(15, 80), np.exp(random.uniform(0, 2.3))
    off_ring = np.degrees(np.arccos(np.clip(axis @ directions, -1, 1))) - radius
    azimuth = np.arctan2(np.cross(axis, along) @ directions, along @ directions)
    bright = np.zeros(directions.shape[1])
    for _ in range(random.integers(1, 4)):
        center, spread = random.uniform(-np.pi, np.pi), random.uniform(0.1, 1.2)
        angle = (azimuth - center + np.pi) % (2 * np.pi) - np.pi
        bright += random.uniform(0.3, 1) * np.exp(-0.5 * (angle / spread) ** 2)
    density = bright * np.exp(-0.5 * (off_ring / width) ** 2)
    density[density < 1e-5 * density.max()] = 0
    shift = 2 * (29 - order)
    cells = np.arange(len(density))
    return SkyMap.normalized((cells << shift, (cells + 1) << shift), density)


def _frame(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two random directions at right angles."""
    axis, other = random.normal(size=(2, 3))
    axis /= np.linalg.norm(axis)
    other -= (other @ axis) * axis
    return axis, other / np.linalg.norm(other)


def fifty_maps() -> Iterator[tuple[str, SkyMap]]:
    """The corpus's maps, and as many of our own as make fifty."""
    count = 0
    for name, skymap in corpus_maps():
        count += 1
        yield name, skymap
    for seed in range(50 - count):
        yield f"made {seed}", synthetic_map(seed)

"""Three cutouts of a detection as the network has learned to see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

SIZE = 63
"""Pixels of a side."""

_FILLING = 1e-9
"""Of what is missing where a cutout is cut off at the edge of the chip."""

Normalization = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def by_image(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide an image by its norm; braai d6_m9 was trained so."""
    norm = np.linalg.norm(image.astype(np.float64))
    return np.asarray(image / norm if norm else image, dtype=np.float32)


def by_row(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide each row of an image by its norm.

    braai d6_m7 was trained so: Keras' ``normalize`` works along the last axis unless it is told
    otherwise.
    """
    norm = np.linalg.norm(image.astype(np.float64), axis=-1, keepdims=True)
    return np.asarray(image / np.where(norm == 0, 1, norm), dtype=np.float32)


def is_scorable(images: Sequence[NDArray[np.float32]]) -> bool:
    """Whether these are three images of a size that the network knows."""
    return len(images) == 3 and all(map(_fits, images))


def _fits(image: NDArray[np.float32]) -> bool:
    return image.ndim == 2 and all(1 <= side <= SIZE for side in image.shape)


def triplet(
    images: Sequence[NDArray[np.float32]], normalization: Normalization
) -> NDArray[np.float32]:
    """Science, template and difference in one array.

    Parameters
    ----------
    images
        Science, template, difference; of 63 by 63 pixels at the most each.
    normalization
        As the network was trained.

    Returns
    -------
    ndarray
        Shape (63, 63, 3).

    Raises
    ------
    ValueError
        If there are not three, or one is no image of that size.
    """
    if len(images) != 3:
        raise ValueError(f"a triplet has three cutouts, not {len(images)}")
    return np.stack([_prepared(image, normalization) for image in images], axis=-1)


def _prepared(image: NDArray[np.float32], normalization: Normalization) -> NDArray[np.float32]:
    if not _fits(image):
        raise ValueError(f"a cutout has {SIZE} by {SIZE} pixels at the most, not {image.shape}")
    known = normalization(np.nan_to_num(image.astype(np.float32)))
    missing = [(0, SIZE - side) for side in image.shape]
    return np.pad(known, missing, constant_values=_FILLING)

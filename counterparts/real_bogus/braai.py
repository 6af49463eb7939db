"""braai, the network behind ZTF's ``drb``: two versions of it, by ONNX Runtime.

References
----------
Duev et al. 2019, MNRAS 489, 3582. Weights: github.com/dmitryduev/braai, MIT license;
`tools/make_braai.py` makes the graphs of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from counterparts.real_bogus.triplets import Normalization, by_image, by_row, triplet

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CALIBRATED = frozenset({"ZTF"})
"""Surveys whose images the networks were trained on; what they say of others' is a hint."""

NORMALIZATIONS: Mapping[str, Normalization] = {"d6_m7": by_row, "d6_m9": by_image}
"""How each version wants its cutouts; d6_m7 is the one whose score stands in ZTF's packets."""

BATCH = 128
"""Triplets that are scored at a time."""


def scores(triplets: Sequence[Sequence[NDArray[np.float32]]], version: str) -> NDArray[np.float64]:
    """Score detections by their cutouts.

    Parameters
    ----------
    triplets
        Science, template and difference of each, as they were cut.
    version
        A key of `NORMALIZATIONS`.

    Returns
    -------
    ndarray
        From 0, bogus, to 1, real; NaN where the cutouts cannot be used. Shape (n,). It is
        calibrated for ZTF alone; of another survey's it says which of two is more likely, and no
        more.

    Examples
    --------
    >>> import numpy as np
    >>> from counterparts.real_bogus import scores
    >>> nothing = np.zeros((63, 63), dtype=np.float32)
    >>> bool(scores([(nothing, nothing, nothing)], "d6_m9")[0] < 0.5)
    True
    """
    normalization = NORMALIZATIONS[version]
    found = np.full(len(triplets), np.nan)
    usable, arrays = [], []
    for number, images in enumerate(triplets):
        try:
            arrays.append(triplet(images, normalization))
        except ValueError:
            continue
        usable.append(number)
    for first in range(0, len(usable), BATCH):
        batch = np.stack(arrays[first : first + BATCH])
        (answer,) = _session(version).run(["logits"], {"triplets": batch})
        found[usable[first : first + BATCH]] = expit(np.asarray(answer, dtype=float)[:, 0])
    return found


@cache
def _session(version: str) -> InferenceSession:
    # Loaded where something is scored: it takes a quarter of a second, and 20 MB.
    import onnxruntime  # noqa: PLC0415

    options: Any = onnxruntime.SessionOptions()
    # One thread: who wants more starts more processes, which the cores are shared by.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = resources.files("counterparts.real_bogus") / "models" / f"{version}.onnx"
    return onnxruntime.InferenceSession(
        model.read_bytes(), options, providers=["CPUExecutionProvider"]
    )

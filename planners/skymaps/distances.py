"""The distance along one line of sight of a 3-D sky map.

A pixel says ``p(r) = DISTNORM r^2 N(r; DISTMU, DISTSIGMA)`` for r > 0, after Singer et al.
2016, ApJL 829 L15, section 2. DISTMU may be negative and is infinite where nothing is known.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

_DEEP = -3.0
"""Below this DISTMU / DISTSIGMA, forward recursion loses digits and the fraction converges fast."""

_NARROW = 1e4
"""Above this DISTMU / DISTSIGMA, the cut at zero and the factor r^2 leave the spread alone."""

_TERMS = 80
"""Levels of the continued fraction: relative error below 1e-13 at `_DEEP` and beyond."""


def moment_ratios(z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Moments of a unit normal of mean `z`, cut off below zero.

    With ``M_n`` the integral of ``x^n N(x; z, 1)`` over x > 0.

    Parameters
    ----------
    z
        Finite, any shape.

    Returns
    -------
    ratio_3, ratio_4
        ``M_3 / M_2`` and ``M_4 / M_3``.

    Notes
    -----
    ``M_(n+1) = z M_n + n M_(n-1)`` by parts. For z well below zero the moments are the
    minimal solution of that recurrence, and ``M_n / M_(n-1) = n / (-z + M_(n+1) / M_n)``
    is evaluated downwards instead (Gautschi 1967, SIAM Review 9, 24).
    """
    near = np.maximum(z, _DEEP)
    gauss = np.exp(-0.5 * near**2) / np.sqrt(2 * np.pi)
    zeroth = scipy.special.ndtr(near)
    first = near * zeroth + gauss
    second = near * first + zeroth
    third = near * second + 2 * first
    fourth = near * third + 3 * second
    far = np.minimum(z, _DEEP)
    ratio = np.zeros_like(far)
    ratios = {}
    for n in range(_TERMS, 2, -1):
        ratio = n / (ratio - far)
        ratios[n] = ratio
    deep = z < _DEEP
    return (
        np.where(deep, ratios[3], third / second),
        np.where(deep, ratios[4], fourth / third),
    )


def conditional_moments(
    distmu: NDArray[np.float64], distsigma: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of the distance along each line of sight.

    Parameters
    ----------
    distmu, distsigma
        Location and scale of the ansatz, Mpc. Shape (n,).

    Returns
    -------
    mean, std
        Mpc; infinite and 1 where `distmu` is not finite. Shape (n,).
    """
    known = np.isfinite(distmu)
    z = np.where(known, distmu, 0) / distsigma
    ratio_3, ratio_4 = moment_ratios(z)
    # The difference of two like numbers: its rounding grows as z squared, while the truth
    # comes as close to one.
    variance = np.where(z > _NARROW, 1.0, np.maximum(ratio_3 * (ratio_4 - ratio_3), 0))
    mean, std = distsigma * ratio_3, distsigma * np.sqrt(variance)
    return np.where(known, mean, np.inf), np.where(known, std, 1.0)

"""Published distributions of the errors that a mission's stated radius leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from astropy import units as u


@dataclass(frozen=True)
class SystematicError:
    """One component of a published distribution of systematic errors."""

    radius: u.Quantity[u.physical.angle]
    """Radius that holds 68 %, to be added in quadrature to the statistical one."""

    weight: float
    """Fraction of the events that it describes."""


SYSTEMATIC_MODELS: Mapping[str, tuple[SystematicError, ...]] = MappingProxyType(
    {
        # Goldstein et al. 2020, ApJ 895, 40 (all bursts), and GCN Circular 25726 (by class).
        "fermi_gbm_roboba": (
            SystematicError(1.8 * u.deg, 0.52),
            SystematicError(4.1 * u.deg, 0.48),
        ),
        "fermi_gbm_roboba_long": (
            SystematicError(1.9 * u.deg, 0.58),
            SystematicError(4.1 * u.deg, 0.42),
        ),
        "fermi_gbm_roboba_short": (
            SystematicError(2.6 * u.deg, 0.39),
            SystematicError(4.4 * u.deg, 0.61),
        ),
        # Connaughton et al. 2015, ApJS 216, 32.
        "fermi_gbm_human": (
            SystematicError(3.7 * u.deg, 0.90),
            SystematicError(14 * u.deg, 0.10),
        ),
    }
)
"""Models of the error that a notice's radius leaves out, by the name that notices use."""

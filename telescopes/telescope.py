"""What a telescope is: its site, its field grid, its camera and its limits.

Every record is frozen. Quantities carry their units; bare numbers are
dimensionless. Arrays inside a record are not to be written to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from numpy.typing import NDArray

from telescopes.slews import Overheads


@dataclass(frozen=True, eq=False)
class Site:
    """Where a telescope stands."""

    name: str
    """Name as used in print."""

    location: EarthLocation
    """Geodetic position."""

    time_zone: str
    """IANA zone name of the observatory's civil time."""


@dataclass(frozen=True, eq=False)
class PointingExclusion:
    """A region in hour angle and declination where the telescope may not point.

    A pointing is excluded when its hour angle, wrapped to [-180, 180) deg, and its
    declination both lie within the closed intervals.
    """

    hour_angle: tuple[u.Quantity[u.physical.angle], u.Quantity[u.physical.angle]]
    """Lowest and highest hour angle."""

    declination: tuple[u.Quantity[u.physical.angle], u.Quantity[u.physical.angle]]
    """Lowest and highest declination."""


@dataclass(frozen=True, eq=False)
class FieldGrid:
    """The fixed pointings of a survey telescope."""

    field_id: NDArray[np.int64]
    """Identifier of each field, shape (n_fields,)."""

    coord: SkyCoord
    """Centers (ICRS), shape (n_fields,)."""

    is_primary: NDArray[np.bool_]
    """True on the primary grid, False where a field only fills its gaps; shape (n_fields,)."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """The light-sensitive areas of a camera, as convex polygons around the boresight."""

    detector_id: NDArray[np.int64]
    """Identifier of each detector (ZTF: the readout channel, 0 to 63), shape (n_detectors,)."""

    corners: u.Quantity[u.physical.angle]
    """Offsets east and north of the boresight in the tangent plane (gnomonic), in order
    around each polygon; shape (n_detectors, n_corners, 2)."""


@dataclass(frozen=True, eq=False)
class Telescope:
    """A telescope and its camera: facts only, each with its source in the module that states it.

    Examples
    --------
    >>> from telescopes import TELESCOPES, ZTF
    >>> ZTF.filters, ZTF.exposure_time
    (('g', 'r', 'i'), <Quantity 30. s>)
    >>> len(ZTF.read_grid().field_id), len(ZTF.footprint.detector_id)
    (1778, 64)
    >>> "DECam" in TELESCOPES
    True
    """

    name: str
    """Short name; the key in `telescopes.TELESCOPES`."""

    facility: str
    """Name in full, as it stands behind "the" in the subject and the text of a circular."""

    description: str
    """What a circular says of it in parentheses: short name, references, camera, aperture, site."""

    site: Site
    """Where it stands."""

    filters: tuple[str, ...]
    """Filters that can be asked for, by the names used in plans."""

    footprint: Footprint
    """The camera on the sky."""

    overheads: Overheads
    """Times between exposures."""

    read_grid: Callable[[], FieldGrid]
    """Reads the field grid; called on first use, and cached by the callee."""

    exclusions: tuple[PointingExclusion, ...]
    """Where it may not point."""

    airmass_limit: float
    """Highest airmass at which its robot will observe."""

    exposure_time: u.Quantity[u.physical.time]
    """What is customary for target-of-opportunity work."""

    longest_exposure: u.Quantity[u.physical.time]
    """The robot accepts none longer."""

    default_filters: tuple[str, ...]
    """Filters of a default plan, in order."""

    reference_magnitudes: Mapping[str, float] = field(default_factory=dict)
    """5-sigma AB limit of the customary exposure at zenith in dark time, by filter."""

    off_grid: bool = False
    """True where the robot accepts any pointing, not only those of its grid."""

    most_dithers: int = 1
    """Parts into which its robot divides an exposure at the most; 1 where it does not dither."""

    skyline: tuple[u.Quantity[u.physical.angle], u.Quantity[u.physical.angle]] | None = None
    """Altitude of the lowest clear sky at each azimuth (north through east), if not flat:
    azimuths and altitudes, shape (n,) each."""

    highest_altitude: u.Quantity[u.physical.angle] | None = None
    """Where an alt-azimuth mount cannot follow near the zenith."""

    acknowledgment: str = ""
    """What a circular says of its support; empty: nothing."""

    treasure_map_id: int | None = None
    """Number of its instrument at the Treasure Map; None where it has none that we know."""

"""Where a JSON notice of GCN says that its source is: a point, a region, a map.

References
----------
gcn-schema 7.2: core/Localization.
"""

from __future__ import annotations

from too_marshal.notices.formats.classic import https
from too_marshal.notices.formats.corners import convex_ring
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.notice import Circle, Ellipse, InlineMap, MapLink, Polygon, Region

DEFAULT_CONTAINMENT = 0.9
"""Where `containment_probability` is absent (core/Localization)."""

MAX_RADIUS = 180.0
"""deg."""

MAX_CORNERS = 1000

RADIUS_UNUSABLE = "error radius unusable"
"""How the flag begins of a notice whose error cannot be one: zero, negative, above 180 deg."""


def core_region(
    document: Document,
    containment: float = DEFAULT_CONTAINMENT,
    systematic_model: str | None = None,
) -> Region | None:
    """Read the position with its error: corners, a circle, or an ellipse (a list of errors).

    Some missions list the shorter axis first; it is turned by 90 deg then. An error that
    cannot be one leaves the position, with a flag.
    """
    corners = core_polygon(document, "rectangular_error_corners")
    if corners is not None:
        return corners
    point = core_point(document)
    axes = document.listed_numbers("ra_dec_error", 3)
    if point is None or not axes:
        return None
    if not all(0 < axis <= MAX_RADIUS for axis in axes[:2]):
        document.flag(f"{RADIUS_UNUSABLE}: {', '.join(f'{axis:g}' for axis in axes[:2])} deg")
        return None
    ra, dec = point
    probability = core_containment(document, containment)
    systematics = document.truth("systematic_included") or False
    if len(axes) == 1 or axes[0] == axes[1]:
        model = None if systematics else systematic_model
        return Circle(ra, dec, axes[0], probability, systematics, model)
    angle = axes[2] if len(axes) > 2 else 0.0
    major, minor = axes[0], axes[1]
    if minor > major:
        major, minor, angle = minor, major, angle + 90
    return Ellipse(ra, dec, major, minor, angle % 180, probability, systematics)


def core_containment(document: Document, default: float = DEFAULT_CONTAINMENT) -> float:
    """Read the probability within the stated region; `default` where it is absent or none.

    A value from 10 to below 100 can only be meant in percent.
    """
    stated = document.number("containment_probability")
    if stated is None or 0 < stated < 1:
        return default if stated is None else stated
    if 10 <= stated < 100:
        document.flag(f"containment of {stated:g} read as percent")
        return stated / 100
    document.flag(f"containment of {stated:g} unusable, {default:g} assumed")
    return default


def core_point(document: Document) -> tuple[float, float] | None:
    """Read (RA, Dec), deg; none, with a flag, where they are off the sphere.

    A right ascension from -180 to 0 deg is one that counts from the other side.
    """
    ra, dec = document.number("ra"), document.number("dec")
    if ra is None or dec is None or (ra == 0 and dec == 0):
        return None
    if not (-180 <= ra <= 360 and -90 <= dec <= 90):
        document.flag(f"the position ({ra:g}, {dec:g}) is off the sphere")
        return None
    return ra % 360, dec


def core_map(document: Document, region: Region | None) -> InlineMap | MapLink | None:
    """Read the map that the notice carries or links; its own region serves in its absence."""
    fits, _ = document.file("healpix_file")
    if fits is not None:
        return InlineMap(fits, fallback=region)
    url = https(document.text("healpix_url"))
    return None if url is None else MapLink(url, region)


def core_polygon(document: Document, name: str) -> Polygon | None:
    """Read a region whose corners are listed as [[ra, dec], ...]; flagged where it is none.

    A ring that repeats its first corner at the end is the same region. Corners whose sides
    cross, or that lie inside, give the smallest convex region that holds them, with a flag.
    """
    corners = document.get(name)
    if corners is None:
        return None
    try:
        vertices = [(float(ra), float(dec)) for ra, dec in corners]
    except (TypeError, ValueError, OverflowError):
        document.flag_unreadable(name)
        return None
    if not all(-180 <= ra <= 360 and -90 <= dec <= 90 for ra, dec in vertices):
        document.flag(f"{name} is off the sphere")
        return None
    distinct = tuple(dict.fromkeys((ra % 360, dec) for ra, dec in vertices))
    ring = convex_ring(distinct) if len(distinct) <= MAX_CORNERS else ()
    if not ring:
        document.flag(f"{name} is no polygon")
        return None
    if ring != distinct:
        document.flag(f"{name} reordered")
    return Polygon(ring, core_containment(document))

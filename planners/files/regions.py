"""Plans as region files, which DS9 and Aladin draw over an image."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.geometry.directions import gnomonic_to_sky
from telescopes.observing_plan import ObservingPlan
from telescopes.outlines import outline
from telescopes.telescope import Telescope


def region_text(plan: ObservingPlan, telescope: Telescope) -> str:
    """Outlines of the camera at each pointing of a plan, once each, as a DS9 region file.

    Parameters
    ----------
    plan
        Of the telescope.
    telescope
        Whose camera is drawn: the convex hull of its detectors, in ICRS.

    Returns
    -------
    str
        One polygon a pointing, labeled with its field, or position, and its filters.

    References
    ----------
    Format: "DS9 Region File Format", SAOImage DS9 reference manual.
    """
    corners = np.radians(outline(telescope.footprint))
    filters: dict[tuple[int, float, float], list[str]] = {}
    for exposure in plan.exposures:
        ra, dec = (float(angle.to_value(u.deg)) for angle in (exposure.ra, exposure.dec))
        key = (exposure.field_id, ra, dec)
        filters.setdefault(key, []).append(exposure.filter)
    lines = [
        "# Region file format: DS9 version 4.1",
        f'global color=cyan width=1 font="helvetica 10 normal roman" # {telescope.name}',
        "icrs",
    ]
    for (field_id, ra, dec), names in filters.items():
        points = gnomonic_to_sky(corners, SkyCoord([ra], [dec], unit=u.deg)).ravel()
        label = f"{field_id}" if field_id >= 0 else f"{ra:.5f} {dec:+.5f}"
        lines.append(
            f"polygon({','.join(f'{value:.6f}' for value in points)})"
            f" # text={{{label} {'+'.join(dict.fromkeys(names))}}}"
        )
    return "\n".join(lines) + "\n"

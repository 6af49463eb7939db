"""Plans that a simulated telescope can execute."""

import numpy as np
from astropy import units as u
from astropy.time import Time

from telescopes.observing_plan import ObservingPlan, ObservingRequest, PlannedExposure
from telescopes.preflight.local_sky import ApproximateSky
from telescopes.ztf.facts import ZTF

START = Time("2026-03-02T05:00:00")
"""Dark at Palomar, Sun 30 deg below the horizon; MJD 61101.2083."""


def overhead_fields(n_fields, when=START):
    """Rows of the ZTF grid that stand highest at `when`."""
    grid = ZTF.read_grid()
    airmass = ApproximateSky.of(ZTF.site).airmass(grid.coord.ra.deg, grid.coord.dec.deg, when.mjd)
    return np.argsort(airmass)[:n_fields]


def make_plan(n_fields=4, filters="gr", start=START, end=None, exposure_time=30 * u.s, **request):
    """`n_fields` fields near the zenith, once in each filter, a minute apart."""
    grid = ZTF.read_grid()
    rows = overhead_fields(n_fields, start)
    exposures = tuple(
        PlannedExposure(
            field_id=int(grid.field_id[row]),
            ra=grid.coord.ra[row],
            dec=grid.coord.dec[row],
            filter=name,
            start=start + (visit * n_fields + position) * 60 * u.s + visit * 180 * u.s,
            exposure_time=exposure_time,
            airmass=1.0,
            probability=0.01,
            visit=visit,
        )
        for visit, name in enumerate(filters)
        for position, row in enumerate(rows)
    )
    asked = ObservingRequest(
        start=start - 5 * u.min,
        end=end or start + 6 * u.hour,
        filters=tuple(filters),
        exposure_time=dict.fromkeys(filters, exposure_time),
        **request,
    )
    return ObservingPlan("ZTF", "by hand", asked, exposures, {})

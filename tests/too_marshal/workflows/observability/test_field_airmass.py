"""Airmass from where the zenith stood: as astropy says."""

from __future__ import annotations

from datetime import UTC, date

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord

from planners.skymaps.circles import circle_skymap
from planners.visibility.region_night import region_night
from telescopes import TELESCOPES
from too_marshal.workflows.observability.field_airmass import airmass_of
from too_marshal.workflows.observability.nights import numbers_of
from too_marshal.workflows.observability.stored_night import StoredNight

pytestmark = pytest.mark.filterwarnings("ignore:Tried to get polar motions")


@pytest.mark.parametrize("name", ["ZTF", "DECam"])
def test_the_airmass_of_fields_is_astropys(name: str):
    telescope = TELESCOPES[name]
    skymap = circle_skymap(60 * u.deg, 10 * u.deg, 3 * u.deg, 0.9)
    found = region_night(*skymap.cells(), skymap.peak(), telescope, date(2026, 11, 28))
    night = StoredNight(
        name, found.night, found.start.to_datetime(timezone=UTC), numbers_of(found, telescope)
    )
    fields = [(30.0, 20.0), (64.6, -30.0), (150.0, 60.0)]
    times = found.start + np.arange(len(found.sun_altitude)) * 600 * u.s
    frame = AltAz(obstime=times, location=telescope.site.location)
    for field, airmass in zip(fields, airmass_of(night, fields), strict=True):
        theirs = SkyCoord(*field, unit=u.deg).transform_to(frame)
        ours = np.array([np.nan if value is None else value for value in airmass])
        up = (theirs.alt.deg > 0) & (theirs.secz < 3)
        assert np.abs(ours[up] - theirs.secz[up]).max(initial=0) < 0.002
        assert np.isnan(ours[theirs.alt.deg < -0.1]).all()
    assert airmass_of(night, []) == []

"""DECam's packets."""

import pytest

from counterparts.packets.surveys.differences import magnitude_of
from tests.counterparts.packets.surveys.folders import alerts


def test_decam_gives_fluxes_in_nanojansky_with_forced_photometry(corpus):
    (alert,) = alerts(corpus / "alerts/decam")
    assert (alert.real_bogus_name, alert.filter) == ("reliability", "g")
    newest = max(alert.forced, key=lambda point: point.jd)
    assert newest.jd == alert.jd
    assert magnitude_of(newest.flux, newest.flux_error) == pytest.approx(
        (alert.magnitude, alert.magnitude_error), rel=1e-4
    )

"""BABAMUL's packets."""

import pytest

from tests.counterparts.packets.samples import only

BROKER = "alerts/broker/skyportal"


def test_babamul_gives_fluxes_whose_unit_its_magnitude_tells(corpus):
    alert = only((corpus / BROKER / "babamul_alert.avro").read_bytes())
    assert (alert.survey, alert.broker, alert.object_id) == ("ZTF", "BABAMUL", "ZTF26aauybpk")
    assert (len(alert.detections), len(alert.limits), len(alert.forced)) == (65, 52, 114)
    itself = next(point for point in alert.detections if point.jd == alert.jd)
    assert itself.magnitude == pytest.approx(alert.magnitude, abs=1e-6)
    assert itself.magnitude_error == pytest.approx(alert.magnitude_error, rel=1e-4)
    assert all(15 < point.limiting_magnitude < 21 for point in alert.limits)
    assert alert.added["survey_matches"]["lsst"]["objectId"] == "170455132746547257"

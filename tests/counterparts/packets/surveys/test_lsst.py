"""LSST's packets."""

import pytest
from astropy.time import Time

from counterparts.packets.read import read_packets
from tests.counterparts.packets.surveys.folders import alerts


def test_lsst_gives_nanojansky_and_the_time_in_tai(corpus):
    (alert,) = alerts(corpus / "alerts/lsst")
    assert alert.object_id == alert.candid == "7912941781254298"
    assert alert.is_positive is not alert.fields["isNegative"]
    assert alert.magnitude == pytest.approx(31.4 - 2.5 * 3.0900025, abs=1e-3)
    assert alert.magnitude_error == pytest.approx(2.5 / 2.302585 / 5.0024, rel=1e-3)
    tai = Time(alert.fields["midpointMjdTai"], format="mjd", scale="tai")
    assert abs(Time(alert.jd, format="jd", scale="utc") - tai).sec < 1e-4
    assert (alert.real_bogus_name, alert.schema_version) == ("reliability", "lsst.v9_0")


def test_schemas_of_lsst_with_members_that_are_not_ours_are_read(corpus):
    path = next((corpus / "alerts/ztf/fink-filters").glob("rubin_test_data*/*.parquet"))
    for alert in read_packets(path.read_bytes()):
        assert (alert.survey, alert.broker, alert.schema_version) == ("LSST", "Fink", "lsst.v10_0")
        assert "pred" in alert.added

"""Reports of AMPEL."""

import pytest

from tests.counterparts.packets.samples import only

BROKER = "alerts/broker/skyportal"


def test_ampel_gives_a_report_with_a_zero_point_a_point(corpus):
    alert = only((corpus / BROKER / "ampel_report.avro").read_bytes())
    assert (alert.survey, alert.broker, alert.filter) == ("LSST", "AMPEL", "i")
    assert alert.object_id == "170472689154654242"
    assert len(alert.detections) == 13
    assert alert.added["host"][0]["redshift"] == 0.452087
    first = alert.detections[0]
    assert first.flux == pytest.approx(4006.170654296875e-3)
    assert first.filter == "i"

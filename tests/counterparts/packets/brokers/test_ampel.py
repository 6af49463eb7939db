"""Reports of AMPEL."""

import json

import pytest

from tests.counterparts.packets.samples import only

BROKER = "alerts/broker/skyportal"


def test_a_point_without_a_usable_zero_point_costs_itself():
    point = {"time": 2460000.5, "flux": 3.0, "fluxerr": 0.1, "band": "ztfg", "zp": 25.0}
    report = {
        "object": {"id": 1, "ra": 1.0, "dec": 2.0, "source": "ZTF"},
        "classification": [],
        "photometry": [point, {**point, "zp": None}, {**point, "zp": -1e300}],
    }
    alert = only(json.dumps(report).encode())
    assert (alert.filter, len(alert.detections)) == ("g", 0)
    assert sum("no zero point" in note for note in alert.notes) == 2


def test_ampel_gives_a_report_with_a_zero_point_a_point(corpus):
    alert = only((corpus / BROKER / "ampel_report.avro").read_bytes())
    assert (alert.survey, alert.broker, alert.filter) == ("LSST", "AMPEL", "i")
    assert alert.object_id == "170472689154654242"
    assert len(alert.detections) == 13
    assert alert.added["host"][0]["redshift"] == 0.452087
    first = alert.detections[0]
    assert first.flux == pytest.approx(4006.170654296875e-3)
    assert first.filter == "i"

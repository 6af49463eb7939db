"""Loci of ANTARES."""

import json

import pytest

from tests.counterparts.packets.samples import only, refused

BROKER = "alerts/broker/skyportal"


def test_antares_gives_a_locus_whose_newest_alert_is_the_detection(corpus):
    alert = only((corpus / BROKER / "antares_lsst_locus.json").read_bytes())
    assert (alert.survey, alert.broker) == ("LSST", "ANTARES")
    assert alert.object_id == "170595943059554358"
    assert alert.fields["lsst_diaSource_midpointMjdTai"] == 61221.36542349415
    assert len(alert.detections) == 2
    assert alert.magnitude == pytest.approx(19.186, abs=1e-3)
    assert alert.added["locus_id"] == "ANT2019b5sdo"


def test_antares_gives_ztfs_alerts_too():
    entry = {"ztf_jd": 2460000.5, "ztf_fid": 1, "ztf_magpsf": 18.5, "ztf_isdiffpos": "t"}
    locus = {"locus_id": "ANT1", "ra": 1.0, "dec": 2.0, "alerts": [entry, {"other": 1}]}
    alert = only(json.dumps(locus).encode())
    assert (alert.survey, alert.object_id, alert.filter) == ("ZTF", "ANT1", "g")
    assert refused(json.dumps({**locus, "alerts": []}).encode()).startswith(
        "The locus has no alert"
    )

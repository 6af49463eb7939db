"""Rows of Pitt-Google."""

import pytest

from tests.counterparts.packets.samples import only

BROKER = "alerts/broker/skyportal"


def test_pitt_google_gives_rows_of_one_object(corpus):
    alert = only((corpus / BROKER / "pittgoogle_rows.json").read_bytes())
    assert (alert.survey, alert.broker, alert.object_id) == ("ZTF", "Pitt-Google", "ZTF19acfixfe")
    assert len(alert.detections) == 29
    assert alert.jd == max(point.jd for point in (*alert.detections, alert))
    assert alert.dec == pytest.approx(49.2337348)

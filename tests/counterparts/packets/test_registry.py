"""Whose packets are whose."""

from tests.counterparts.packets.samples import only
from tests.counterparts.packets.surveys.folders import alerts


def test_an_alert_of_one_survey_is_not_taken_for_anothers(corpus):
    surveys = {
        "winter": "WINTER",
        "pgir": "PGIR",
        "turbo": "TURBO",
        "atlas": "ATLAS",
        "lsst": "LSST",
    }
    for folder, survey in surveys.items():
        assert {alert.survey for alert in alerts(corpus / "alerts" / folder)} == {survey}
    assert only((corpus / "alerts/decam/boom/alert.avro").read_bytes()).survey == "DECam"

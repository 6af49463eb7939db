"""Palomar Gattini-IR's packets."""

from tests.counterparts.packets.samples import only
from tests.counterparts.packets.surveys.folders import alerts

PGIR = "alerts/pgir/kowalski/20210629/114297926.avro"


def test_pgir_sends_its_cutouts_before_the_candidate_and_minus_99_for_nothing(corpus):
    for alert in alerts(corpus / "alerts/pgir"):
        assert (alert.filter, alert.is_positive, alert.real_bogus_name) == ("J", True, "drb")
        assert alert.fields["ssdistnr"] == -99 or alert.fields["ssnamenr"] != "NONE"
    assert len(only((corpus / PGIR).read_bytes()).detections) == 70

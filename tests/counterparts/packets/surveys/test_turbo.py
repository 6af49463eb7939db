"""TURBO's packets."""

from tests.counterparts.packets.surveys.folders import alerts


def test_turbo_is_read_though_its_schema_has_defaults_that_fit_no_type(corpus):
    found = alerts(corpus / "alerts/turbo")
    assert {alert.filter for alert in found} == {"J"}
    assert len({alert.candid for alert in found}) == len(found) == 11
    assert all(alert.is_positive for alert in found)

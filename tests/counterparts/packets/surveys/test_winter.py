"""WINTER's packets."""

from tests.counterparts.packets.surveys.folders import alerts


def test_winter_names_its_members_in_its_own_way(corpus):
    for alert in alerts(corpus / "alerts/winter"):
        assert alert.object_id.startswith("WNTR")
        assert (alert.survey, alert.filter, alert.is_positive) == ("WINTER", "J", True)
        assert alert.real_bogus is None
        assert set(alert.cutouts) == {"science", "template", "difference"}

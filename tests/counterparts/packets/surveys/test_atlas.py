"""ATLAS' packets."""

from tests.counterparts.packets.surveys.folders import alerts


def test_atlas_numbers_detections_by_text_and_gives_the_sign_with_the_flux(corpus):
    for alert in alerts(corpus / "alerts/atlas"):
        assert alert.candid.startswith("02a59543o")
        assert alert.filter == "o"
        assert 14 < alert.magnitude < 20
        assert alert.is_positive == (alert.fields["flux"] > 0)
        assert "isdiffpos says otherwise" in alert.notes[0]
        assert alert.real_bogus is None
        assert set(alert.cutouts) == {"science", "difference"}

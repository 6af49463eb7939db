"""ZTF's packets as ALeRCE packs them."""

from tests.counterparts.packets.samples import only

ALERCE = "alerts/ztf/alerce/libs/survey_parser_plugins/tests/data/ZTF_samples"


def test_alerce_packs_anew_without_the_number_at_the_top(corpus):
    found = [only(path.read_bytes()) for path in sorted((corpus / ALERCE).glob("0000105*.avro"))]
    repacked = [alert for alert in found if alert.broker == "ALeRCE"]
    assert len(repacked) == 65
    for alert in repacked:
        assert alert.candid == str(alert.fields["candid"])
        assert (alert.survey, set(alert.cutouts)) == ("ZTF", {"science", "template", "difference"})


def test_a_score_of_no_version_that_alerce_put_in_is_none(corpus):
    older = [only(path.read_bytes()) for path in sorted((corpus / ALERCE).glob("*.avro"))]
    older = [alert for alert in older if alert.fields.get("drbversion") == ""]
    assert older
    for alert in older:
        assert alert.fields["drb"] == 0
        assert (alert.real_bogus_name, alert.real_bogus) == ("rb", alert.fields["rb"])

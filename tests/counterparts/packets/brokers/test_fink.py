"""What Fink sends on."""

from counterparts.packets.read import read_packets


def test_fink_adds_classes_to_ztfs_packets(corpus):
    path = next((corpus / "alerts/ztf/fink-filters/regular").glob("*.parquet"))
    found = list(read_packets(path.read_bytes()))
    assert len(found) == 9
    for alert in found:
        assert (alert.survey, alert.broker) == ("ZTF", "Fink")
        assert {"cdsxmatch", "rf_kn_vs_nonkn", "snn_snia_vs_nonia"} <= set(alert.added)
    assert any(alert.detections for alert in found)

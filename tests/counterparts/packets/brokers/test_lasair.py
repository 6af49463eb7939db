"""Packets in JSON: Lasair's, and those of others."""

import json

from counterparts.packets.alert import Alert
from tests.counterparts.packets.samples import only, packet


def test_lasair_annotates_in_json(corpus):
    folder = corpus / "alerts/lasair/unit/pipeline/filter/sample_alerts"
    found = {path.stem: only(path.read_bytes()) for path in folder.glob("*.json")}
    assert len(found) == 10
    annotated = found["cand_and_noncand"]
    assert annotated.broker == "Lasair"
    assert "sherlock" in annotated.added["annotations"]
    history = json.loads((folder / "cand_and_noncand.json").read_text())["prv_candidates"]
    seen = sum(entry.get("magpsf") is not None for entry in history)
    assert (len(annotated.detections), len(annotated.limits)) == (seen, len(history) - seen)
    assert found["no_prv_cand"].broker is None
    assert not found["only_cand_no_prv"].detections


def test_a_packet_in_json_without_annotations_is_the_surveys_own():
    alert = only(json.dumps(packet(cutoutScience=None)).encode())
    assert isinstance(alert, Alert)
    assert alert.broker is None


def test_kowalskis_documents_are_read_with_their_images(corpus):
    alert = only((corpus / "alerts/ztf/braai/893215910715010007.json").read_bytes())
    assert alert.candid == "893215910715010007"
    assert all(image.startswith(b"\x1f\x8b") for image in alert.cutouts.values())
    assert alert.added["classifications"]["braai_version"] == "d6_m7"

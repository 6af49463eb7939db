"""Packets that are laid out like ZTF's: what is odd costs itself."""

import json

import pytest

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.formats import Shape
from counterparts.packets.surveys import pgir, ztf
from tests.counterparts.packets.samples import CANDIDATE, avro, only, packet


def read(candidate=None, **members):
    """By JSON: a schema would refuse some of it before."""
    return only(json.dumps(packet(candidate, **{"cutoutScience": None, **members})).encode())


def test_one_odd_member_costs_itself_and_not_the_alert():
    alert = read({"magpsf": "bright", "isdiffpos": "maybe", "fid": 7, "drb": -999.0})
    assert (alert.magnitude, alert.is_positive, alert.filter) == (None, None, None)
    assert (alert.real_bogus_name, alert.real_bogus) == ("rb", 0.75)
    assert read({"fid": 2.5}).filter is None
    assert set(alert.notes) == {
        "magpsf is 'bright', which is no number",
        "isdiffpos is 'maybe', which is neither positive nor negative",
        "filter 7 has no name",
    }


def test_fields_keep_what_stands_for_nothing():
    alert = read({"magpsf": -999.0})
    assert alert.magnitude is None
    assert alert.fields["magpsf"] == alert.fields["ssdistnr"] == -999.0


def test_an_entry_of_the_history_without_a_time_is_left_out():
    alert = read(prv_candidates=[{**CANDIDATE, "jd": None}, 7, {**CANDIDATE, "fid": 3}])
    assert [point.filter for point in alert.detections] == ["i"]
    assert alert.notes == (
        "1 entries of prv_candidates are no records",
        "an entry of prv_candidates is left out: The packet's jd is missing.",
    )


def test_no_history_is_no_note():
    alert = read(prv_candidates=None)
    assert not alert.detections
    assert not alert.notes


def test_forced_photometry_that_a_survey_is_not_known_to_send_is_noted():

    record = packet({"stackquadid": 1}, fp_hists=[{"jd": 2460000.5}])
    alert = pgir.LAYOUT.read(record, Shape.of(record), is_whole=True)
    assert not alert.forced
    assert "not known to send it" in alert.notes[0]


@pytest.mark.parametrize("prefix", [False, True])
def test_a_packet_whose_candidate_is_nothing_is_refused(prefix):

    with pytest.raises(PacketInvalid, match="no candidate"):
        ztf.LAYOUT.read({"objectId": "ZTF"}, Shape.of({}), is_whole=not prefix)


def test_the_number_of_the_detection_stands_in_either_place():
    written = packet({"candid": 5}, candid=6)
    assert only(avro(written)).candid == "6"
    assert read({"candid": 5}, candid=None).candid == "5"

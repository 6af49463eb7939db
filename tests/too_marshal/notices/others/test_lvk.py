from __future__ import annotations

import json
from collections import Counter

import pytest

from too_marshal.notices.notice import InlineMap, Kind, MapLink
from too_marshal.notices.registry import parse

ALERT = {
    "alert_type": "INITIAL",
    "time_created": "2026-05-28T11:40:43Z",
    "superevent_id": "S260528ay",
    "urls": {"gracedb": "https://gracedb.ligo.org/superevents/S260528ay/view/"},
    "event": {"time": "2026-05-28T11:10:53.670Z", "far": 1e-9, "instruments": ["H1"]},
    "external_coinc": None,
}


def alert(**changes):
    return parse(json.dumps(ALERT | changes).encode(), "igwn.gwalert")


def test_the_whole_sequence_in_both_encodings(notice_of):
    """EARLYWARNING to RETRACTION of the user guide's event."""
    folder = "notices/lvk/userguide/MS181101ab-"
    pairs = [
        ("earlywarning", "1-EarlyWarning", Kind.INITIAL),
        ("preliminary", "2-Preliminary", Kind.INITIAL),
        ("initial", "3-Initial", Kind.INITIAL),
        ("update", "4-Update", Kind.UPDATE),
        ("retraction", "5-Retraction", Kind.RETRACTION),
    ]
    for name, packet, kind in pairs:
        by_json, by_packet = notice_of(f"{folder}{name}.json"), notice_of(f"{folder}{packet}.xml")
        assert by_json.kind is by_packet.kind is kind
        assert by_json.type_name == by_packet.type_name
        assert by_json.event_key == by_packet.event_key == "MS181101ab"
        assert by_json.published == by_packet.published
        assert by_json.order[:2] == by_packet.order[:2]
        assert by_json.classification == by_packet.classification
        assert by_json.properties == by_packet.properties
        assert by_json.far == by_packet.far
        assert by_json.significant == by_packet.significant


def test_a_retraction_has_no_event_and_retracts(notice_of):
    notice = notice_of("notices/lvk/kafka_json/MS230425k-retraction.json")
    assert notice.kind is Kind.RETRACTION
    assert notice.event_time is None
    assert notice.localization is None
    assert notice.attributes == {}
    assert notice.flags == frozenset()


@pytest.mark.parametrize(
    ("name", "role"), [("S1", "observation"), ("MS1", "test"), ("TS1", "test")]
)
def test_mock_and_test_superevents_begin_with_m_and_t(name, role):
    name = name.replace("1", "260528ay")
    assert alert(superevent_id=name).role == role
    assert alert(superevent_id=name).is_test == (role == "test")


@pytest.mark.parametrize("spelling", ["EARLYWARNING", "EARLY_WARNING", "EarlyWarning"])
def test_an_early_warning_has_three_spellings(spelling):
    assert alert(alert_type=spelling).type_name == "EARLYWARNING"


@pytest.mark.parametrize("spelling", ["Retraction", "retraction", " RETRACTED"])
def test_a_retraction_is_one_in_any_case(spelling):
    assert alert(alert_type=spelling, event=None).kind is Kind.RETRACTION


def test_a_new_type_of_alert_is_an_update_with_a_flag():
    notice = alert(alert_type="COUNTERPART")
    assert notice.kind is Kind.UPDATE
    assert "alert_type unknown: 'COUNTERPART'" in notice.flags


def test_the_time_of_creation_orders_alerts_and_the_type_breaks_a_tie():
    second = "2026-05-28T11:40:44Z"
    notices = [
        alert(alert_type="EARLYWARNING"),
        alert(alert_type="PRELIMINARY"),
        alert(alert_type="RETRACTION", event=None),
        alert(alert_type="PRELIMINARY", time_created=second),
        alert(alert_type="UPDATE", time_created=second),
    ]
    assert sorted(notices, key=lambda notice: notice.order) == notices


def test_a_flag_that_is_absent_is_not_made_up_from_the_rate():
    assert alert().significant is None


def test_maps_are_decoded_byte_by_byte(notice_of):
    notice = notice_of("notices/lvk/kafka_json/MS230425l-initial.json")
    assert isinstance(notice.localization, InlineMap)
    assert notice.localization.fits.startswith(b"SIMPLE  =")
    assert notice.localization.combined.startswith(b"SIMPLE  =")
    assert notice.localization.combined != notice.localization.fits


def test_a_combined_map_may_be_missing(notice_of):
    notice = notice_of("notices/lvk/kafka_json/MS230426d-preliminary.json")
    assert notice.localization.combined is None
    assert notice.attributes["external_coincidence"]["observatory"] == "SNEWS"


def test_the_chirp_mass_is_kept_and_may_be_null():
    event = ALERT["event"] | {
        "mchirp_source": {"bin_edges": [0.1, 1, 5], "probabilities": [0.25, 0.75]}
    }
    attributes = alert(event=event).attributes
    assert attributes["chirp_mass_bin_edges_solar_mass"] == [0.1, 1, 5]
    assert attributes["chirp_mass_probabilities"] == [0.25, 0.75]
    assert "chirp_mass_probabilities" not in alert(event=event | {"mchirp_source": None}).attributes


def test_an_event_time_that_cannot_be_read_does_not_lose_the_alert():
    notice = alert(event=ALERT["event"] | {"time": "soon"})
    assert notice.event_time is None
    assert "event time unreadable" in notice.flags
    assert notice.far == 1e-9


def test_archived_packets_link_their_maps(corpus, notice_of):
    """Of 337 real packets each has a map on GraceDB, unless it retracts."""
    kinds = Counter()
    for folder in ("voevent_real", "voevent_real_lowsig"):
        for path in (corpus / "notices/lvk" / folder).glob("*.xml"):
            notice = notice_of(path.relative_to(corpus))
            has_map = isinstance(notice.localization, MapLink)
            assert has_map == (notice.kind is not Kind.RETRACTION), path
            if has_map:
                assert notice.localization.url.startswith(
                    "https://gracedb.ligo.org/api/superevents/"
                )
            kinds[notice.kind] += 1
    assert kinds.total() == 337
    assert kinds[Kind.RETRACTION] >= 10


def test_what_an_external_coincidence_names_is_related(notice_of):
    notice = notice_of("notices/lvk/userguide/MS181101ab-6-Update.xml")
    assert notice.related == (("fermi_gbm", "524666471"),)
    assert notice.attributes["external_coincidence"]["time_difference_s"] == 2.02

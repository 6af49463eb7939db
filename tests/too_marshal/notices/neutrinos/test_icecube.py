from __future__ import annotations

import json

import pytest

from too_marshal.notices.neutrinos.icecube import PER_YEAR
from too_marshal.notices.notice import Circle, Kind, MapLink
from too_marshal.notices.registry import parse

GOLD = "notices/icecube_amon/ICECUBE_GOLD_Event2023-11-25T223456.64_24_138599_039138591_{}.xml"
EXAMPLE = (
    "notices/gcn_json_schema_examples/"
    "icecube__single_neutrino_alerts.gold_bronze_track_alerts.example.json"
)
TOPIC = "gcn.notices.icecube.gold_bronze_track_alerts"


def test_a_year_has_31_557_600_seconds():
    assert pytest.approx(3.17e-8, rel=1e-3) == PER_YEAR


def test_the_rate_is_in_hertz(notice_of):
    assert notice_of(GOLD.format(0)).far == pytest.approx(0.1472 / 31_557_600)


def test_a_revision_moves_and_widens_the_error(notice_of):
    first, second = notice_of(GOLD.format(0)), notice_of(GOLD.format(1))
    assert (first.kind, second.kind) == (Kind.INITIAL, Kind.UPDATE)
    assert first.event_key == second.event_key
    assert second.order > first.order
    assert second.localization.radius > 3 * first.localization.radius


def test_a_revision_may_be_skipped(notice_of):
    name = "notices/icecube_amon/ICECUBE_GOLD_Event2019-11-19T010129.38_24_133331_047828126_{}.xml"
    assert notice_of(name.format(2)).sequence == 2
    assert notice_of(name.format(2)).order > notice_of(name.format(0)).order


def test_ehe_states_the_half_containment_and_all_others_ninety_percent(corpus, notice_of):
    containments_by_type = {}
    for path in sorted((corpus / "notices/icecube_amon").glob("ICECUBE*.xml")):
        notice = notice_of(path.relative_to(corpus))
        where = notice.localization
        circle = where.fallback if isinstance(where, MapLink) else where
        containments_by_type.setdefault(notice.type_name, set()).add(circle.containment)
    assert containments_by_type.pop("AMON_ICECUBE_EHE") == {0.5}
    assert len(containments_by_type) == 4
    assert all(containments == {0.9} for containments in containments_by_type.values())


def test_radec_valid_is_false_in_good_packets_and_not_believed(read, notice_of):
    assert b'name="RADec_valid" value="false"' in read(GOLD.format(0))
    assert isinstance(notice_of(GOLD.format(0)).localization, Circle)


def test_a_retraction_stands_in_a_group_as_a_word(read):
    """Neither a direct child of What nor a number, which a peer overlooks."""
    payload = read(GOLD.format(1))
    assert payload.count(b'name="Retraction" value="false"') == 1
    payload = payload.replace(b'name="Retraction" value="false"', b'name="Retraction" value="true"')
    assert parse(payload).kind is Kind.RETRACTION


def test_hese_radii_that_are_defaults_are_flagged(corpus, notice_of):
    flagged = {
        notice.localization.radius
        for path in (corpus / "notices/icecube_amon").glob("*HESE*.xml")
        if "default error radius" in (notice := notice_of(path.relative_to(corpus))).flags
    }
    assert flagged == {1.2299, 8.9}


def test_json_and_packet_of_one_neutrino_share_a_key(read):
    document = json.loads(read(EXAMPLE)) | {"id": ["138599_39138591"]}
    by_json = parse(json.dumps(document).encode(), TOPIC)
    by_packet = parse(read(GOLD.format(0)))
    assert by_json.event_key == by_packet.event_key == "13859939138591"
    assert set(by_json.aliases) & set(by_packet.aliases) == {"138599_39138591"}


def test_a_map_is_null_at_first(read):
    document = json.loads(read(EXAMPLE)) | {"healpix_url": None, "record_number": 0}
    notice = parse(json.dumps(document).encode(), TOPIC)
    assert isinstance(notice.localization, Circle)
    assert notice.localization.radius == 0.5


@pytest.mark.parametrize(
    "tense", ["test", "injection", "commanded", "planned", "Test", " INJECTION"]
)
def test_only_a_current_alert_is_an_observation(read, tense):
    document = json.loads(read(EXAMPLE)) | {"alert_tense": tense}
    assert parse(json.dumps(document).encode(), TOPIC).is_test


def test_a_json_retraction_retracts(read):
    document = json.loads(read(EXAMPLE)) | {"alert_type": "retraction", "record_number": 3}
    notice = parse(json.dumps(document).encode(), TOPIC)
    assert notice.kind is Kind.RETRACTION
    assert notice.order[0] == 3


@pytest.mark.parametrize(
    ("ids", "revision"),
    [
        (["138599_39138591"], 0),
        ("138599_39138591", 0),
        (["138599_039138591"], 0),
        (["138599_39138591_0"], 0),
        (["138599_39138591_1"], 1),
        (["138599-39138591"], 0),
        (["138599", "39138591"], 0),
        ([138599, 39138591], 0),
        (["138599", "39138591", "1"], 1),
        (["run138599.evt000039138591"], 0),
        (["Run 138599", "Event 39138591"], 0),
        (["IceCube-231125A", "138599_39138591"], 0),
    ],
)
def test_a_neutrino_is_one_event_in_every_version_of_the_schema(read, ids, revision):
    document = json.loads(read(EXAMPLE)) | {"id": ids, "record_number": None, "alert_type": None}
    notice = parse(json.dumps(document).encode(), TOPIC)
    assert notice.event_key == "13859939138591"
    assert "138599_39138591" in notice.aliases
    assert not {"138599", "39138591", "Run 138599"} & set(notice.aliases)
    assert (notice.sequence, notice.order[0]) == (revision, revision)
    assert notice.kind is (Kind.UPDATE if revision else Kind.INITIAL)


def test_two_neutrinos_of_one_run_are_two_events(read):
    document = json.loads(read(EXAMPLE))
    keys = {
        parse(json.dumps(document | {"id": ["138599", event]}).encode(), TOPIC).event_key
        for event in ("39138591", "40000001")
    }
    assert len(keys) == 2

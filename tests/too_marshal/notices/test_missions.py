"""One law each for the streams whose whole records stand in `golden`."""

from __future__ import annotations

import json

import pytest

from too_marshal.notices.notice import Circle, Ellipse, Kind, Polygon
from too_marshal.notices.registry import parse

EXAMPLES = "notices/gcn_json_schema_examples/"


def test_svom_takes_the_time_of_the_burst_not_of_the_data(corpus):
    """Notices of one burst agree on the time where `Alert_Seq_T0` is given."""
    times = {}
    for path in sorted((corpus / "notices/kafka_2026").rglob("svom_*/*.xml")):
        payload = path.read_bytes()
        if b"Alert_Seq_T0" in payload:
            notice = parse(payload)
            times.setdefault(notice.event_key, set()).add(notice.event_time)
    assert len(times) > 20
    # One burst was found by GRM and ECLAIRs 0.1 s apart, one is retracted with another T0.
    assert sum(len(moments) > 1 for moments in times.values()) <= 2


def test_svom_retracts_on_any_topic(read):
    path = "notices/kafka_2026/svom_grm/grm_347.xml"
    for topic in ("grm", "eclairs", "mxt"):
        notice = parse(read(path), f"gcn.notices.svom.voevent.{topic}")
        assert notice.kind is Kind.RETRACTION
        assert notice.localization is None


def test_a_radius_of_minus_one_is_no_radius(notice_of):
    """GRM's rough position is shown, and not planned on."""
    notice = notice_of("notices/kafka_2026/svom_grm/grm_334.xml")
    assert notice.localization is None
    assert notice.position == (82.819, -3.8787)


def test_integral_unpacks_its_number(notice_of):
    notice = notice_of("notices/integral/Refined_Pos_010436-2-914.xml")
    assert (notice.event_key, notice.sequence) == ("10436", 2)
    assert 2 * 65536 + 10436 == 141508


def test_integral_retracts_with_a_negative_error(corpus, notice_of):
    retracted = 0
    for path in sorted((corpus / "notices/integral").glob("Offline*.xml")):
        notice = notice_of(path.relative_to(corpus))
        negative = b"<Error2Radius>-" in path.read_bytes()
        assert (notice.kind is Kind.RETRACTION) == negative
        assert not (negative and notice.localization)
        retracted += negative
    assert retracted >= 4


def test_gecam_numbers_begin_again_so_the_day_is_in_the_key(notice_of):
    flight = notice_of("notices/gecam/FLT_Event_2023-05-27T4561755.04_000001-248.xml")
    ground = notice_of("notices/gecam/GND_Event_2023-05-27T4561755.04_000001-290.xml")
    assert flight.event_key == ground.event_key == "193-20230527"
    assert ground.order > flight.order
    assert "not a GRB" in ground.flags  # a solar flare


def test_maxi_knows_circles_ellipses_rectangles_and_nothing(notice_of):
    kinds = {
        "circle": Circle,
        "ellipse": Ellipse,
        "rectangle": Polygon,
        "noerror": type(None),
        "retraction": type(None),
    }
    for name, kind in kinds.items():
        notice = notice_of(f"{EXAMPLES}maxi__gsc.unknown.{name}.example.json")
        assert isinstance(notice.localization, kind), name
        assert notice.event_key == "9995289617"
    assert notice_of(f"{EXAMPLES}maxi__gsc.unknown.noerror.example.json").position == (
        346.56,
        18.61,
    )


def test_a_known_source_of_maxi_is_flagged(notice_of):
    assert "known source" in notice_of(f"{EXAMPLES}maxi__gsc.known.example.json").flags


def test_super_kamiokande_joins_packet_and_json_and_prefers_the_full_sample(read):
    path = f"{EXAMPLES}superk__sn_alert.real.example.json"
    document = json.loads(read(path))
    topic = "gcn.notices.superk.sn_alert"
    full = parse(read(path), topic)
    partial = parse(
        json.dumps(document | {"processed_sample": "partial", "alert_datetime": None}).encode(),
        topic,
    )
    assert full.order > partial.order
    packet = read("notices/sk_sn/Event_2023-11-30T231512.57_000001-734.xml")
    assert parse(packet.replace(b'value="10057"', b'value="10070"')).event_key == full.event_key


def test_the_radius_of_super_kamiokande_is_not_the_zero_in_the_position(notice_of):
    circle = notice_of("notices/sk_sn/Event_2023-11-30T231512.57_000001-734.xml").localization
    assert (circle.radius, circle.containment) == (0.9, 0.9)


def test_snews_sends_a_test_every_week(corpus, notice_of):
    for path in (corpus / "notices/snews").glob("*.xml"):
        notice = notice_of(path.relative_to(corpus))
        assert notice.is_test
        assert notice.localization is None
        assert notice.position is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("detection", Kind.INITIAL),
        ("subsequent", Kind.INITIAL),
        ("update", Kind.UPDATE),
        ("retraction", Kind.RETRACTION),
    ],
)
@pytest.mark.parametrize("telescope", ["chime", "dsa110"])
def test_fast_radio_bursts(telescope, name, kind, notice_of):
    notice = notice_of(f"{EXAMPLES}{telescope}__frb.{name}.example.json")
    assert notice.kind is kind
    assert (notice.localization is None) == (name in {"update", "retraction"})
    assert ("known source" in notice.flags) == (name == "subsequent")


def test_a_repeater_is_found_by_its_name(notice_of):
    notice = notice_of(f"{EXAMPLES}chime__frb.subsequent.example.json")
    assert notice.name == "FRB 20231013B"
    assert notice.event_key == "427325192"


def test_nu_em_states_the_half_containment_in_degrees(corpus, notice_of):
    for path in (corpus / "notices/icecube_amon").glob("NU_EM*.xml"):
        notice = notice_of(path.relative_to(corpus))
        arcmin = notice.attributes["radius_50_arcmin"]
        assert notice.localization.containment == 0.5
        assert notice.localization.radius == pytest.approx(arcmin / 60, abs=2e-4)


def test_hawc_states_ninety_percent(corpus, notice_of):
    for path in (corpus / "notices/icecube_amon").glob("HAWC*.xml"):
        notice = notice_of(path.relative_to(corpus))
        assert notice.localization.containment == 0.9
        assert 1e-8 < notice.far < 1e-6


def test_a_neutrino_search_belongs_to_its_superevent_with_all_its_tracks(notice_of):
    notice = notice_of(f"{EXAMPLES}icecube__lvk_nu_track_search.example.json")
    assert notice.kind is Kind.INFORMATION
    assert notice.related == (("lvk", "S230914ak"),)
    assert notice.localization is None
    assert len(notice.attributes["coincident_events"]) == 2


def test_the_front_page_of_an_archive_is_no_map(notice_of):
    notice = notice_of(f"{EXAMPLES}km3net__alert.example.json")
    assert isinstance(notice.localization, Circle)


def test_several_candidates_of_boom_belong_to_no_single_event(read):
    document = json.loads(read(f"{EXAMPLES}boom__alert.example.json"))
    target = document["data"]["targets"][0]
    document["data"]["targets"].append(target | {"event_name": "ZTF25aaaaaaa"})
    notice = parse(json.dumps(document).encode(), "gcn.notices.boom.alert")
    assert notice.event_key is None
    assert notice.aliases == ("ZTF25acffkdr", "ZTF25aaaaaaa")
    assert notice.related == (("lvk", "S251117bs"),)


def test_lat_numbers_lead_to_gbm(notice_of):
    """Onboard numbers are mission-elapsed times, offline ones may be a date and fraction."""
    by_time = "LAT_Offline_Pos_2022-11-19T150253.00_690562978-0-805"
    by_date = "LAT_Offline_Pos_2022-10-23T204134.91_221023862-0-506"
    assert notice_of(f"notices/fermi_lat/{by_time}.xml").related == (("fermi_gbm", "690562978"),)
    assert notice_of(f"notices/fermi_lat/{by_date}.xml").aliases == ("bn221023862",)


def test_the_onboard_radius_of_lat_is_a_placeholder(corpus, notice_of):
    for path in (corpus / "notices/fermi_lat").glob("LAT_Updated*.xml"):
        notice = notice_of(path.relative_to(corpus))
        assert notice.localization.radius == 0.5
        assert "placeholder error radius" in notice.flags


def test_a_heartbeat_wakes_nobody():
    notice = parse(b'{"alert_datetime": "2026-05-01T00:00:00Z"}', "gcn.heartbeat")
    assert (notice.stream, notice.event_key, notice.role) == ("heartbeat", None, "utility")
    assert notice.kind is Kind.INFORMATION
    assert notice.published.year == 2026


def test_calet_points_and_does_not_locate(corpus, notice_of):
    for path in (corpus / "notices/calet").glob("*.xml"):
        notice = notice_of(path.relative_to(corpus))
        assert notice.localization is None
        assert notice.position is None


def test_antares_states_no_type_of_packet(notice_of):
    notice = notice_of("notices/tracet_tests/Antares_1438351269.xml")
    assert (notice.stream, notice.event_key, notice.kind) == ("antares", "1438351269", Kind.INITIAL)
    assert notice.localization == Circle(156.957, -21.274, 0.325, 0.9, systematics_included=False)
    assert f"{notice.event_time:%Y-%m-%dT%H:%M:%S}" == "2019-11-26T21:55:34"
    assert not notice.is_test


def test_a_utility_is_no_test_and_begins_no_event(corpus, notice_of):
    paths = [
        *(corpus / "notices/fermi_lat").glob("*Monitor*.xml"),
        *(corpus / "notices/fermi_gbm/other").glob("SC_Slew*.xml"),
    ]
    utilities = [n for path in paths if (n := notice_of(path)).role == "utility"]
    assert len(utilities) >= 2
    for notice in utilities:
        assert not notice.is_test
        assert notice.kind is Kind.INFORMATION


def test_the_radius_of_a_cascade_contains_systematics(corpus, notice_of):
    cascades = [
        notice
        for path in (corpus / "notices/icecube_amon").glob("*.xml")
        if (notice := notice_of(path)).type_name == "ICECUBE_CASCADE"
    ]
    assert len(cascades) >= 4
    assert all(notice.localization.fallback.systematics_included for notice in cascades)

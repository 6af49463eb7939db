from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from too_marshal.notices.gamma_rays.fermi_gbm import burst_name, map_address, systematic_model
from too_marshal.notices.notice import Kind, MapLink
from too_marshal.notices.registry import parse

TRIGGER = "notices/fermi_gbm/trigger_632819449/"
GROUND = TRIGGER + "GBM_Gnd_Pos_2021-01-20T071044.70_632819449_2-029.xml"
FINAL = TRIGGER + "GBM_Fin_Pos2021-01-20T071044.70_632819449_0-051.xml"


def test_the_name_that_we_spell_is_the_one_in_gbms_addresses(corpus, notice_of):
    """Every notice with an address that holds a well-formed name, 350 of them."""
    agree = Counter()
    for path in sorted((corpus / "notices").rglob("*.xml")):
        if "gbm" not in path.name.lower():
            continue
        notice = notice_of(path.relative_to(corpus))
        named = notice.links.get("light curve", "").split("/bn")[1:2]
        if named and named[0][:9].isdigit():
            agree[f"bn{named[0][:9]}" == notice.name] += 1
    assert agree[True] >= 350
    assert not agree[False]


@pytest.mark.parametrize(
    ("time", "name"),
    [
        (datetime(2017, 8, 17, 12, 41, 6, 470_000, UTC), "bn170817529"),  # GRB 170817A
        (datetime(2026, 4, 17, 15, 43, 55, 230_000, UTC), "bn260417655"),
        (datetime(2020, 1, 1, 23, 59, 59, 0, UTC), "bn200101999"),
        (None, None),
    ],
)
def test_the_name_of_a_trigger(time, name):
    assert burst_name(time) == name


def test_the_address_of_the_map_stands_beside_that_of_the_plot():
    plot = (
        "http://heasarc.gsfc.nasa.gov/FTP/fermi/data/gbm/triggers/2018/bn180116026/quicklook/"
        "glg_locplot_all_bn180116026.png"
    )
    address, repaired = map_address(plot, datetime(2018, 1, 16, 0, 36, 52, tzinfo=UTC))
    assert address.startswith("https://heasarc.gsfc.nasa.gov/FTP/fermi/data/gbm/triggers/2018/")
    assert address.endswith("bn180116026/quicklook/glg_healpix_all_bn180116026.fit")
    assert not repaired


def test_malformed_addresses_of_2014_are_rebuilt_from_the_time(corpus, notice_of):
    repaired = 0
    for path in sorted((corpus / "notices/fermi_gbm/quirks").glob("*.xml")):
        notice = notice_of(path.relative_to(corpus))
        if isinstance(notice.localization, MapLink):
            assert notice.localization.url.endswith(
                f"/2014/{notice.name}/quicklook/glg_healpix_all_{notice.name}.fit"
            )
            repaired += "map address repaired" in notice.flags
        else:
            assert notice.localization is not None
    assert repaired == 5


def test_the_picture_of_a_ground_position_is_not_taken_for_a_map(notice_of):
    assert not isinstance(notice_of(GROUND).localization, MapLink)
    assert isinstance(notice_of(FINAL).localization, MapLink)


def test_the_systematic_model_changed_in_september_2019():
    assert systematic_model(datetime(2019, 8, 31, tzinfo=UTC)) == "fermi_gbm_human"
    assert systematic_model(datetime(2019, 9, 1, tzinfo=UTC)) == "fermi_gbm_roboba"


def test_every_class_but_a_burst_is_flagged(corpus, notice_of):
    """One flight position of each class; `Concept` says burst in all of them."""
    classes = {}
    for path in sorted((corpus / "notices/fermi_gbm/by_class").glob("*.xml")):
        notice = notice_of(path.relative_to(corpus))
        classes[notice.attributes["most_likely_class"]] = "not a GRB" in notice.flags
        likeliest = max(notice.classification, key=notice.classification.get)
        assert likeliest == notice.attributes["most_likely_class"]
    assert len(classes) >= 6
    assert classes.pop("GRB", False) is False
    assert all(classes.values())


def test_a_ground_position_that_says_not_a_burst_retracts(read):
    name = b'name="Def_NOT_a_GRB" value="'
    notice = parse(read(GROUND).replace(name + b"false", name + b"true"))
    assert notice.kind is Kind.RETRACTION
    assert "not a GRB" in notice.flags
    assert parse(read(FINAL)).order > notice.order > parse(read(GROUND)).order[:2]


def test_an_alert_has_no_position(corpus, notice_of):
    for path in (corpus / "notices/kafka_2026/fermi_gbm_alert").glob("*.xml"):
        notice = notice_of(path.relative_to(corpus))
        assert notice.localization is None
        assert notice.position is None
        assert notice.kind is Kind.INITIAL


def test_json_and_packets_rank_alike(notice_of):
    """Alert, three flights, two grounds, final: the JSON examples in the order of the packets."""
    folder = "notices/gcn_json_schema_examples/fermi__gbm__trigger."
    names = ["alert", "flight1", "flight2", "flight3", "ground1", "ground2", "final"]
    notices = [notice_of(f"{folder}{name}.example.json") for name in names]
    assert sorted(notices, key=lambda notice: notice.order) == notices
    assert [notice.order[0] for notice in notices] == [1, 2, 2, 2, 3, 3, 5]
    assert {notice.event_key for notice in notices} == {"745121685"}
    # Flight positions alone contain the systematic error.
    assert notices[1].localization.systematics_included
    assert notices[1].localization.systematic_model is None
    assert notices[4].localization.fallback.systematic_model == "fermi_gbm_roboba"


def test_the_notice_says_whether_a_person_located_the_burst(corpus, notice_of):
    """Five of before 2019 were located by the algorithm, eight since then by a person."""
    against_date = Counter()
    for path in (corpus / "notices/fermi_gbm").rglob("*.xml"):
        notice = notice_of(path)
        text = path.read_text()
        stated = re.search(r'name="Human_generated"\s+value="(true|false)"', text)
        where = notice.localization
        circle = where.fallback if isinstance(where, MapLink) else where
        if stated is None or circle is None or circle.systematics_included:
            continue
        wanted = {"true": "fermi_gbm_human", "false": "fermi_gbm_roboba"}[stated[1]]
        assert circle.systematic_model == wanted, path
        against_date[wanted] += systematic_model(notice.event_time) != wanted
    assert against_date == {"fermi_gbm_roboba": 5, "fermi_gbm_human": 8}

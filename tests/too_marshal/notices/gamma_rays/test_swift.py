from __future__ import annotations

import json

import pytest

from too_marshal.notices.gamma_rays.swift import followed
from too_marshal.notices.notice import Kind
from too_marshal.notices.registry import parse

BAT = "notices/swift/trigger_1195887/BAT_GRB_Pos_1195887-050.xml"
XRT = "notices/swift/trigger_1195887/XRT_Pos_1195887-060.xml"
UVOT = "notices/swift/trigger_1195887/UVOT_Pos_1195887-108.xml"
GUANO = "notices/gcn_json_schema_examples/swift__bat__{}.example.json"


def set_true(payload, name):
    for gap in (b" ", b"   "):
        payload = payload.replace(
            b'name="' + name + b'"' + gap + b'value="false"', b'name="' + name + b'" value="true"'
        )
    return payload


def test_magnitudes_come_in_hundredths(notice_of):
    notice = notice_of(UVOT)
    assert notice.attributes["magnitude"] == 16.51
    assert notice.attributes["magnitude_error"] == 0.14
    nack = notice_of("notices/swift/misc/UVOT_Nack_Pos_1129775-764.xml")
    assert nack.attributes["limiting_magnitude"] == 18.0


def test_finding_nothing_is_no_position(corpus, notice_of):
    """XRT's packet holds where it points, UVOT's the position of XRT."""
    nacks = sorted((corpus / "notices/swift/misc").glob("*Nack*"))
    assert len(nacks) >= 7
    for path in nacks:
        notice = notice_of(path.relative_to(corpus))
        assert notice.localization is None
        assert notice.position is None
        assert notice.kind is Kind.INFORMATION
        assert "no source found" in notice.flags


def test_the_number_joins_what_the_times_do_not(notice_of):
    notices = [notice_of(path) for path in (BAT, XRT, UVOT)]
    assert {notice.event_key for notice in notices} == {"1195887"}
    assert len({notice.event_time for notice in notices}) == 3
    flag = "time is of the observation"
    assert [flag in notice.flags for notice in notices] == [False, True, True]


def test_a_lost_star_tracker_is_a_reason_for_distrust(corpus, notice_of):
    for folder in ("lost_lock_784154", "lost_lock_948244"):
        flagged = [
            "star tracker lost lock" in notice_of(path.relative_to(corpus)).flags
            for path in (corpus / "notices/swift" / folder).glob("BAT_GRB_Pos*")
        ]
        assert any(flagged)


def test_bat_takes_a_burst_back_after_xrt_has_looked(read):
    payload = set_true(read(BAT), b"Def_NOT_a_GRB").replace(
        b"<Date>2023-11-11T14:17:34", b"<Date>2023-11-11T14:25:00"
    )
    retraction = parse(payload)
    assert retraction.kind is Kind.RETRACTION
    assert parse(read(UVOT)).order > retraction.order > parse(read(XRT)).order
    # Had XRT found the source later, its word would stand.
    early = parse(payload.replace(b"<Date>2023-11-11T14:25:00", b"<Date>2023-11-11T14:18:00"))
    assert parse(read(XRT)).order > early.order > parse(read(BAT)).order


def test_a_slew_to_a_target_is_information(corpus, notice_of):
    for path in (corpus / "notices/swift/trigger_1195887").glob("*_Obs_*"):
        notice = notice_of(path.relative_to(corpus))
        assert notice.kind is Kind.INFORMATION
        assert notice.localization is None


def test_a_submission_marked_as_test_is_a_test(read):
    assert parse(set_true(read(BAT), b"Test_Submission")).role == "test"


@pytest.mark.parametrize("number", ["16453627", "16777215", "2147483647", "-2032248730", "0", "x"])
def test_a_number_that_identifies_nothing_is_no_key(read, number):
    payload = read(BAT).replace(b'value="1195887"', f'value="{number}"'.encode())
    assert parse(payload).event_key == "2023-11-11T14:17:19"


@pytest.mark.parametrize(
    ("text", "related"),
    [
        ("Fermi 694215970", (("fermi_gbm", "694215970"),)),
        ("S230518h", (("lvk", "S230518h"),)),
        ("MS230518h", (("lvk", "MS230518h"),)),
        ("IceCube 138599_39138591", (("icecube", "138599_39138591"),)),
        ("Nobody 12", ()),
        ("Fermi", ()),
        (None, ()),
    ],
)
def test_what_guano_followed(text, related):
    assert followed(text) == related


def test_guano_goes_from_nothing_to_a_place_to_a_retraction(notice_of):
    names = ("Guano", "guano.loc_arc_min", "Guano.Retraction")
    first, placed, retracted = [notice_of(GUANO.format(name)) for name in names]
    assert first.localization is None
    assert first.far == 1e-5
    assert placed.localization.radius == 0.5
    assert "radius may be in arcminutes" in placed.flags
    assert retracted.kind is Kind.RETRACTION
    assert first.order < placed.order < retracted.order
    assert {notice.event_key for notice in (first, placed, retracted)} == {"694215995"}


def test_a_map_of_guano_is_decoded(read):
    document = json.loads(read(GUANO.format("guano.loc_map"))) | {"healpix_file": "U0lNUExF"}
    notice = parse(json.dumps(document).encode(), "gcn.notices.swift.bat.guano")
    assert notice.localization.fits == b"SIMPLE"

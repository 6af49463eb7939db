"""Every trap that ZTF's real packets have."""

import json
from pathlib import Path

import pytest

from counterparts.packets.alert import Alert, PacketInvalid
from counterparts.packets.members import Members
from counterparts.packets.read import read_packets
from counterparts.packets.surveys.ztf import forced
from tests.counterparts.packets.samples import only, packet


def alerts(corpus: Path, pattern: str) -> list[Alert]:
    found = [
        one
        for path in sorted((corpus / "alerts/ztf").glob(pattern))
        for one in read_packets(path.read_bytes())
        if isinstance(one, Alert)
    ]
    assert found
    return found


@pytest.mark.parametrize(
    ("word", "is_positive"), [("t", True), ("f", False), ("1", True), ("0", False), (1, True)]
)
def test_the_sign_is_a_letter_a_digit_or_a_number(word, is_positive):
    written = json.dumps(packet({"isdiffpos": word}, cutoutScience=None))
    assert only(written.encode()).is_positive is is_positive


def test_where_no_solar_system_object_is_near_it_says_minus_999(corpus):
    for alert in alerts(corpus, "kowalski/20200202/*.avro"):
        near = Members(alert.fields).number("ssdistnr")
        assert near is None or near >= 0
        assert isinstance(alert.fields["ssdistnr"], float)
    assert any(a.fields["ssdistnr"] == -999 for a in alerts(corpus, "kowalski/20200202/*.avro"))


def test_packets_from_before_the_survey_have_jpeg_cutouts_and_no_version(corpus):
    for alert in alerts(corpus, "Ampel-ZTF/ipac/*.avro"):
        assert all(image.startswith(b"\xff\xd8\xff") for image in alert.cutouts.values())
        assert set(alert.cutouts) == {"science", "template", "difference"}
        assert alert.schema_version == "1.3"
        assert (alert.real_bogus_name, alert.fields["programid"]) == ("rb", 64)


def test_files_that_lost_a_byte_are_refused_by_name(corpus):
    path = corpus / "alerts/ztf/Ampel-ZTF/ipac/121540793515135009.avro"
    (found,) = read_packets(path.read_bytes())
    assert isinstance(found, PacketInvalid)
    assert str(found) == "The packet ends too early."


def test_the_first_epoch_may_be_unknown():
    written = json.dumps(packet({"jdstarthist": None}, schemavsn="3.0", cutoutScience=None))
    alert = only(written.encode())
    assert alert.fields["jdstarthist"] is None
    assert not alert.notes


def test_forced_photometry_comes_since_4_01(corpus):
    for alert in alerts(corpus, "kowalski/20231012/*.avro"):
        assert alert.schema_version == "4.01"
        assert alert.forced
        assert not alert.notes
        for point in alert.forced:
            assert point.jd <= alert.jd + 1e-6
            assert point.filter in ("g", "r", "i")


def test_schemas_of_every_year_are_read(corpus):
    versions = {alert.schema_version for alert in alerts(corpus, "**/*.avro")}
    assert {"1.3", "1.8", "3.0", "3.1", "3.2", "3.3", "4.01", "4.02"} <= versions


def test_forced_flux_is_in_microjansky_by_the_images_zero_point():
    entry = {
        "jd": 2460000.5, "fid": 1, "magzpsci": 26.4, "forcediffimflux": -100.0,
        "forcediffimfluxunc": 10.0, "diffmaglim": 20.0, "procstatus": "0",
    }  # fmt: skip
    point = forced(Members(entry))
    assert point.flux == pytest.approx(-10.0)
    assert point.flux_error == pytest.approx(1.0)
    assert (point.is_positive, point.status, point.filter) == (False, "0", "g")


def test_a_forced_flux_that_could_not_be_measured_is_none():
    entry = {"jd": 2460000.5, "fid": 1, "magzpsci": 26.4, "forcediffimflux": -99999.0}
    assert forced(Members(entry)).flux is None

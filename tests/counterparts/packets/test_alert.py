"""An alert is certain of who, where and when."""

from dataclasses import FrozenInstanceError

import pytest

from counterparts.packets.alert import Alert, Measurement, PacketInvalid

CERTAIN = {
    "survey": "ZTF",
    "object_id": "ZTF26aaaaaaa",
    "candid": "1",
    "ra": 0.0,
    "dec": 90.0,
    "jd": 2460000.5,
}


@pytest.mark.parametrize("missing", ["object_id", "candid"])
def test_either_name_is_enough(missing):
    assert Alert(**{**CERTAIN, missing: None})


@pytest.mark.parametrize(
    ("member", "value"),
    [("ra", 360.5), ("ra", -0.5), ("ra", float("nan")), ("dec", 90.5), ("jd", 60000.0)],
)
def test_a_place_or_a_time_that_cannot_be_is_refused(member, value):
    with pytest.raises(PacketInvalid, match=r"is .*, not between .* and .*\."):
        Alert(**{**CERTAIN, member: value})


def test_nameless_alerts_are_refused():
    with pytest.raises(PacketInvalid, match="neither an object nor a detection"):
        Alert(**{**CERTAIN, "object_id": None, "candid": ""})


def test_neither_alerts_nor_measurements_change():
    with pytest.raises(FrozenInstanceError):
        Alert(**CERTAIN).ra = 1.0
    with pytest.raises(FrozenInstanceError):
        Measurement(2460000.5, "g").jd = 1.0

"""Light curves that stand for an alert."""

import json

import pytest

from tests.counterparts.packets.samples import only, refused

POINT = {"jd": 2460000.5, "fid": 1, "magpsf": 18.5, "sigmapsf": 0.1, "ra": 1.0, "decl": 2.0}


def rows(*points):
    return json.dumps({"objectId": "ZTF26aaaaaaa", "rows": points}).encode()


@pytest.mark.parametrize(
    "document",
    [
        {"objectId": "ZTF", "rows": []},
        {"objectId": "ZTF", "rows": [{"jd": None}]},
        {"object": {"id": 1, "ra": 1, "dec": 2}, "photometry": [], "classification": []},
    ],
)
def test_without_a_detection_there_is_no_alert(document):
    assert refused(json.dumps(document).encode()) == "The packet has no detection with a time."


def test_the_newest_detection_is_the_alert_in_whichever_order_they_come():
    alert = only(rows({**POINT, "jd": 2460002.5}, POINT, {**POINT, "jd": 2460001.5}))
    assert alert.jd == 2460002.5
    assert [point.jd for point in alert.detections] == [2460000.5, 2460001.5]


def test_a_limit_is_no_alert_though_it_is_newer():
    limit = {"jd": 2460003.5, "fid": 1, "diffmaglim": 20.5}
    alert = only(rows(POINT, limit))
    assert alert.jd == 2460000.5
    assert [point.limiting_magnitude for point in alert.limits] == [20.5]


def test_a_point_without_a_time_costs_itself():
    alert = only(rows(POINT, {**POINT, "jd": None}, 7))
    assert alert.jd == 2460000.5
    assert len(alert.notes) == 2


def test_the_beginning_leaves_out_what_came_before():
    alert = only(rows(POINT, {**POINT, "jd": 2460001.5}), prefix=True)
    assert not alert.detections
    assert not alert.is_whole

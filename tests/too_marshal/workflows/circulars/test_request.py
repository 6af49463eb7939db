"""What cannot be asked of a circular is refused by the name of the field."""

from __future__ import annotations

import pytest

from too_marshal.workflows.circulars.request import MAX_CANDIDATES, RequestInvalid, read_request

CANDIDATE = {
    "name": "ZTF26aaa", "ra": 10.0, "dec": 20.0, "magnitude": 19.3, "filter": "r",
    "time": "2026-11-22T03:04:05Z",
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "poem"}, "kind: the kinds are observations, followup"),
        ({"telescopes": ["Hubble"]}, "telescopes: there is no telescope Hubble"),
        ({"candidates": [{**CANDIDATE, "ra": 400}]}, "candidates.0.ra"),
        ({"candidates": [{**CANDIDATE, "dec": -91}]}, "candidates.0.dec"),
        ({"candidates": [{**CANDIDATE, "magnitude": "faint"}]}, "candidates.0.magnitude"),
        ({"candidates": [{**CANDIDATE, "magnitude": float("nan")}]}, "candidates.0.magnitude"),
        ({"candidates": [{**CANDIDATE, "time": "yesterday"}]}, "candidates.0.time"),
        ({"candidates": [{**CANDIDATE, "time": "2026-11-22T03:04:05"}]}, "candidates.0.time"),
        ({"candidates": [CANDIDATE] * (MAX_CANDIDATES + 1)}, "candidates"),
        ({"target": {"name": "x"}}, "target.ra"),
        ({"target": {"name": "x", "ra": 1, "dec": 2}}, "is of no single place"),
        ({"retraction": {"name": "x", "reason": ""}}, "retraction.reason"),
        ({"gaps": "perhaps"}, "gaps"),
        ({"since": "2026-11-22 03:04:05"}, "since"),
        ({"strange": 1}, "strange"),
        ([], "dictionary"),
    ],
)
def test_what_cannot_be_is_refused_by_name(values, words: str):
    with pytest.raises(RequestInvalid, match=words):
        read_request(values)


def test_a_telescope_is_named_once():
    asked = read_request({"telescopes": ["ZTF", "DECam", "ZTF"], "candidates": [CANDIDATE]})
    assert asked.telescopes == ["ZTF", "DECam"]
    assert asked.candidates[0].fact().magnitude == 19.3

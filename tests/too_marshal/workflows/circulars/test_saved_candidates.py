"""Candidates of a circular come from what was saved and measured, and say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gcn_templates.values import values_of
from tests.too_marshal.factories import add_event, add_object
from tests.too_marshal.workflows.circulars.test_gather import text_of
from too_marshal.db.base import now
from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.db.events import Event
from too_marshal.workflows.circulars.gather import gather
from too_marshal.workflows.circulars.request import read_request
from too_marshal.workflows.circulars.saved_candidates import SOURCE, NotReportable, reportable
from too_marshal.workflows.counterparts.judge import judge

TYPED = {
    "name": "ours", "ra": 1.0, "dec": 2.0, "magnitude": 21.0, "filter": "i",
    "time": "2026-11-22T03:04:05Z",
}  # fmt: skip


def save(session: Session, event: Event, name: str, **values: object) -> Candidate:
    for number, magnitude in enumerate((20.0, 19.25, None)):
        add_object(
            session, event, name, magnitude=magnitude, filter="r", ra=10.0 + number / 100,
            observed_at=now() + timedelta(hours=number), **values,
        )  # fmt: skip
    return judge(session, event, "ZTF", name, CandidateStatus.PENDING, reason="", seen=0, by="ana")


def test_a_line_is_the_last_measured_alert_and_tells_its_source(
    session: Session, event: Event, drafted
):
    saved = save(session, event, "ZTF26aaaaaaa")
    asked = {"kind": "candidates", "telescopes": ["ZTF"], "saved_candidates": [saved.id]}
    facts = gather(session, event, read_request(asked), author="ana").facts
    (line,) = facts.candidates
    assert (line.name, line.ra, line.dec) == ("ZTF26aaaaaaa", 10.01, 20.0)
    assert (line.magnitude, line.filter) == (19.25, "r")
    assert values_of(facts)["candidate_table"].source == SOURCE
    assert "ZTF26aaaaaaa 10.0100 +20.0000 19.25 r" in text_of(drafted(**asked))
    both = gather(session, event, read_request({**asked, "candidates": [TYPED]}), author="ana")
    assert [each.name for each in both.facts.candidates] == ["ZTF26aaaaaaa", "ours"]
    source = values_of(both.facts)["candidate_table"].source
    assert source == f"{SOURCE} and typed by the person who asked for the draft"


def test_what_is_no_candidate_any_more_is_refused_by_name(session: Session, event: Event, drafted):
    saved = save(session, event, "ZTF26aaaaaaa")
    assert [row.id for row in reportable(session, event.id)] == [saved.id]
    judge(
        session, event, "ZTF", "ZTF26aaaaaaa", CandidateStatus.REJECTED, reason="a star",
        seen=saved.version, by="bob",
    )  # fmt: skip
    with pytest.raises(NotReportable, match="ZTF26aaaaaaa was rejected by bob: a star"):
        drafted(kind="candidates", saved_candidates=[saved.id])
    assert reportable(session, event.id) == []


def test_of_another_event_or_without_a_magnitude_there_is_nothing_to_report(
    session: Session, event: Event, drafted
):
    other = add_event(session, "S260102z")
    stranger = Candidate(
        event_id=other.id, survey="ZTF", object_id="ZTF26bbbbbbb", ra=1.0, dec=2.0,
        status="pending", reason="", saved_by="ana", changed_by="ana",
    )  # fmt: skip
    session.add(stranger)
    add_object(session, event, "ZTF26ccccccc", magnitude=None)
    faint = judge(
        session, event, "ZTF", "ZTF26ccccccc", CandidateStatus.PENDING, reason="", seen=0, by="ana"
    )
    for row, reason in ((stranger, "no saved candidate"), (faint, "ZTF26ccccccc has a magnitude")):
        with pytest.raises(NotReportable, match=reason):
            drafted(kind="candidates", saved_candidates=[row.id])


@pytest.mark.parametrize("kind", ["observations", "retraction"])
def test_other_kinds_say_nothing_of_candidates(session: Session, event: Event, kind: str):
    saved = save(session, event, "ZTF26aaaaaaa")
    asked = {
        "kind": kind, "telescopes": ["ZTF"], "saved_candidates": [saved.id],
        "retraction": {"name": "x", "reason": "It is a star."},
    }  # fmt: skip
    assert gather(session, event, read_request(asked), author="ana").facts.candidates == ()

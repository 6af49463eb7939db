"""Rows go only where their states may follow each other, and say when they come to rest."""

from __future__ import annotations

from itertools import product

import pytest

from too_marshal.db.observing import queues, replacements
from too_marshal.db.observing.queues import LIVE, OVER, Submission, SubmissionState
from too_marshal.db.observing.replacements import OPEN, Replacement, ReplacementState
from too_marshal.db.states import ForbiddenChange, following

CASES = [
    *((Submission, queues.ALLOWED, *pair) for pair in product(SubmissionState, SubmissionState)),
    *(
        (Replacement, replacements.ALLOWED, *pair)
        for pair in product(ReplacementState, ReplacementState)
    ),
]


@pytest.mark.parametrize(("kind", "allowed", "before", "after"), CASES)
def test_only_what_may_follow_does(kind, allowed, before, after):
    row = kind(state=before.value)  # as it is read from the database
    if after in allowed[before]:
        row.change(after, "why")
        assert (row.state, row.reason) == (after, "why")
        assert (row.settled_at is not None) == (after in kind.settled)
    else:
        with pytest.raises(ForbiddenChange, match=f"that is {before} cannot become {after}"):
            row.change(after)
        assert (row.state, row.settled_at) == (before, None)


def test_what_has_come_to_rest():
    assert set(Submission.settled) == {*OVER, SubmissionState.ACCEPTED}
    assert set(LIVE) | set(OVER) == set(SubmissionState)
    assert set(Replacement.settled) | set(OPEN) == set(ReplacementState)
    assert not set(Replacement.settled) & set(OPEN)


def test_a_change_of_a_submission_is_nobody_s_to_settle_any_more():
    row = Submission(state=SubmissionState.UNCONFIRMED, needs_person=True)
    row.change(SubmissionState.ACCEPTED)
    assert (row.needs_person, row.missing_since) == (False, None)


def test_a_state_that_is_none_is_found_at_once():
    with pytest.raises(ValueError, match="nowhere"):
        following(SubmissionState, approved="nowhere")

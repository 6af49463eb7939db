import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_program,
    add_submission,
)
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.workflows.programs.hours import Balance, balances


@pytest.fixture
def plan(session: Session) -> Plan:
    """Twelve exposures of 30 s in 34 minutes."""
    event = add_event(session)
    add_localization(session, event)
    return add_plan(session, event)


def account(session: Session, plan: Plan, state: SubmissionState, taken: int) -> Balance:
    program = add_program(session)
    submission = add_submission(session, plan, state)
    submission.program_id = program.id
    session.commit()
    if taken:
        add_exposures(session, submission, taken)
    return balances(session, [program])[program.id]


def test_a_program_that_nobody_charged_has_all_that_was_granted(session: Session):
    program = add_program(session, hours=12.5)
    balance = balances(session, [program])[program.id]
    assert (balance.used, balance.committed, balance.left) == (0 * u.s, 0 * u.s, 12.5 * u.h)


@pytest.mark.parametrize(
    ("state", "taken", "used", "committed"),
    [
        (SubmissionState.APPROVED, 0, 0, 1),
        (SubmissionState.EXECUTING, 3, 0.25, 0.75),
        (SubmissionState.UNCONFIRMED, 0, 0, 1),
        (SubmissionState.DONE, 12, 1, 0),
        (SubmissionState.DONE, 9, 0.75, 0),
        (SubmissionState.WITHDRAWN, 0, 0, 0),
        (SubmissionState.WITHDRAWN, 6, 0.5, 0),
        (SubmissionState.REFUSED, 0, 0, 0),
    ],
)
def test_a_queue_counts_whole_while_it_lives_and_then_by_what_was_executed(  # noqa: PLR0917
    session: Session, plan: Plan, state: SubmissionState, taken: int, used: float, committed: float
):
    total = plan.statistics["total_time"] * u.s
    balance = account(session, plan, state, taken)
    assert balance.used.to_value(u.s) == pytest.approx((used * total).to_value(u.s))
    assert balance.committed.to_value(u.s) == pytest.approx((committed * total).to_value(u.s))


def test_another_programs_queues_are_not_counted(session: Session, plan: Plan):
    other = add_program(session, name="Caltech")
    account(session, plan, SubmissionState.DONE, 12)
    assert balances(session, [other])[other.id].left == 10 * u.h


@given(*[st.floats(0, 1e3)] * 3)
def test_what_is_left_used_and_committed_is_what_was_granted(
    granted: float, used: float, committed: float
):
    balance = Balance(granted * u.h, used * u.h, committed * u.h)
    whole = (balance.left + balance.used + balance.committed).to_value(u.h)
    assert whole == pytest.approx(granted, abs=1e-9)

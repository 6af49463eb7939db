"""A plan that is not computed yet, as programs see and cancel it."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.api.conftest import Caller
from tests.too_marshal.factories import add_event, add_localization, add_plan
from too_marshal import tasks
from too_marshal.db.accounts.people import Role
from too_marshal.db.observing.plans import PlanState


def test_a_program_sees_the_place_and_cancels(
    program: FlaskClient, caller: Caller, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    first, second = (add_plan(session, event, state=PlanState.COMPUTING) for _ in range(2))
    for plan in (first, second):
        tasks.plan(plan_id=plan.id).defer(session)
    session.commit()
    address = f"/api/v1/plans/{second.id}"
    assert program.get(address).get_json()["queue_position"] == 2
    assert caller(Role.VIEWER).post(f"{address}/cancel").status_code == 403
    cancelled = program.post(f"{address}/cancel").get_json()
    assert (cancelled["state"], cancelled["cancelled_by"]) == ("cancelled", "program-approver")
    assert cancelled["cancelled_at"] is not None
    assert program.get(address).get_json()["queue_position"] is None
    ready = add_plan(session, event)
    assert program.post(f"/api/v1/plans/{ready.id}/cancel").status_code == 409

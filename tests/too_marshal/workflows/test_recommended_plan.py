from tests.too_marshal.factories import add_event, add_localization, add_plan
from too_marshal.db.base import MARSHAL
from too_marshal.db.observing.plans import PlanState
from too_marshal.workflows.recommended_plan import recommended_plan


def test_the_plan_that_can_be_sent_is_shown_first(session):
    event = add_event(session)
    add_localization(session, event)
    ours, theirs, wide = (add_plan(session, event) for _ in range(3))
    for plan, telescope, covered in (
        (ours, "ZTF", 0.5),
        (theirs, "DECam", 0.9),
        (wide, "ZTF", 0.4),
    ):
        plan.telescope, plan.author = telescope, MARSHAL
        plan.statistics = {**plan.statistics, "probability_all_filters": covered}
    session.flush()
    assert recommended_plan(session, event.id, ["ZTF"]) == ours.id
    assert recommended_plan(session, event.id, []) == theirs.id
    wide.author = "ann"
    session.flush()
    assert recommended_plan(session, event.id, ["ZTF"]) == wide.id, "a person's is newer"
    theirs.state = PlanState.FAILED
    session.flush()
    assert recommended_plan(session, event.id, ["DECam"]) == wide.id

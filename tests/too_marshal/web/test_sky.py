import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from telescopes import TELESCOPES
from tests.too_marshal.factories import add_event, add_localization, add_plan
from too_marshal.db.plans import MARSHAL, PlanState
from too_marshal.web.sky import _convex_hull, outline, shown_plan

POINTS = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=40
).filter(lambda points: np.linalg.matrix_rank(np.subtract(points, points[0])) == 2)


@given(POINTS)
def test_the_hull_is_the_one_that_qhull_finds(points):
    hull = _convex_hull([(float(x), float(y)) for x, y in points])
    known = ConvexHull(np.array(points, dtype=float))
    assert set(hull) == {tuple(points[i]) for i in known.vertices}
    x, y = np.array(hull).T
    area = 0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))
    np.testing.assert_allclose(area, known.volume)  # positive: counter-clockwise


def test_the_outline_of_ztf_encloses_all_its_quadrants():
    corners = TELESCOPES["ZTF"].footprint.corners.to_value("deg").reshape(-1, 2)
    edges = np.array(outline("ZTF"))
    assert len(edges) == 4
    np.testing.assert_allclose(edges.min(axis=0), corners.min(axis=0), atol=1e-4)
    np.testing.assert_allclose(edges.max(axis=0), corners.max(axis=0), atol=1e-4)


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
    assert shown_plan(session, event.id, ["ZTF"]) == ours.id
    assert shown_plan(session, event.id, []) == theirs.id
    wide.author = "ann"
    session.flush()
    assert shown_plan(session, event.id, ["ZTF"]) == wide.id, "a person's is newer"
    theirs.state = PlanState.FAILED
    session.flush()
    assert shown_plan(session, event.id, ["DECam"]) == wide.id

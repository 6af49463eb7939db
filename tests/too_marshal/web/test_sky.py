import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from telescopes import TELESCOPES
from too_marshal.web.sky import _convex_hull, outline

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

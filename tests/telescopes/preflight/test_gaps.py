"""Default plans, executed by the simulated scheduler: every gap is kept, and rules may send them.

`benchmarks/gaps.py` does the same with all maps of the corpus.
"""

import pytest
from astropy import units as u

from benchmarks.gaps import execute
from benchmarks.planners import request_for
from planners.registry import PLANNERS
from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from telescopes import ZTF

FILES = [
    "gw/927563_lalinference.fits.gz",
    "gw/S190814bv_5_LALInference.v1.fits.gz",
    "fermi_gbm/glg_healpix_all_bn180116026.fit",
    "simulated/bns_00131deg2_10106.multiorder.fits",
]


def check(skymap, speed, age):
    plan = PLANNERS["optimal"](skymap, ZTF, request_for(ZTF))
    night = execute(plan, speed, age * u.min)
    assert night.queues > 1
    assert night.stops == ()
    assert night.smallest_gap >= 30
    assert night.executed >= 0.9 * night.planned


@pytest.mark.parametrize(("speed", "age"), [(1.0, 0), (1.0, 10), (60.0, 1)])
def test_a_map_of_our_own(speed, age):
    check(circle_skymap(60 * u.deg, 10 * u.deg, 15 * u.deg, 0.9), speed, age)


@pytest.mark.parametrize("speed", [1.0, 60.0])
@pytest.mark.parametrize("file", FILES)
def test_maps_of_the_corpus(corpus, file, speed):
    check(read_skymap((corpus / "skymaps" / file).read_bytes()), speed, 10)

"""ELAsTiCC's packets."""

import pytest

from counterparts.packets.read import read_packets


def test_elasticc_has_the_zero_point_of_its_simulation(corpus):
    path = corpus / "alerts/ztf/fink-science/elasticc_sample_seed0.parquet"
    alert = next(read_packets(path.read_bytes()))
    assert alert.survey == "ELAsTiCC"
    flux = alert.fields["psFlux"]
    assert alert.is_positive == (flux > 0)
    assert 10 ** (-0.4 * (alert.magnitude - 27.5)) == pytest.approx(abs(flux), rel=1e-6)

"""Maps of the Galaxy's dust as they are published, and the layer that stands in for one."""

import astropy_healpix
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from planners.detection import DustMap, DustMapInvalid
from planners.detection.dust import DustLayer

NSIDE = 8


def written(path, values, ordering="NESTED", frame="G", columns=1):
    """A HEALPix table, as LAMBDA has them: cells in rows of some columns."""
    rows = np.asarray(values, dtype=np.float32).reshape(-1, columns)
    kind = "E" if columns == 1 else f"{columns}E"
    table = fits.BinTableHDU.from_columns(
        [fits.Column("TEMPERATURE", kind, array=rows.ravel() if columns == 1 else rows)]
    )
    table.header["PIXTYPE"] = "HEALPIX"
    if ordering:
        table.header["ORDERING"] = ordering
    table.header["COORDSYS"] = frame
    table.writeto(path)
    return path


@pytest.mark.parametrize(("ordering", "columns"), [("NESTED", 1), ("RING", 1), ("NESTED", 16)])
def test_each_cell_is_found_where_it_is(tmp_path, ordering, columns):
    cells = np.arange(12 * NSIDE**2)
    lon, lat = astropy_healpix.healpix_to_lonlat(cells, NSIDE, order=ordering.lower())
    dust = DustMap.read(written(tmp_path / "map.fits", cells / 1000, ordering, columns=columns))
    there = SkyCoord(lon, lat, frame="galactic").icrs
    np.testing.assert_allclose(dust.at(there), cells / 1000, rtol=1e-6)
    assert dust.title == "the dust map map.fits"


@pytest.mark.parametrize(
    ("values", "more", "reason"),
    [
        (np.zeros(768), {"ordering": ""}, "HEALPix ordering"),
        (np.zeros(768), {"frame": "C"}, "Galactic coordinates"),
        (np.zeros(700), {}, "700 values"),
        (np.full(768, np.nan), {}, "no reddening"),
        (np.full(768, -1.0), {}, "no reddening"),
    ],
)
def test_what_is_no_dust_map_is_refused_with_the_reason(tmp_path, values, more, reason):
    with pytest.raises(DustMapInvalid, match=reason):
        DustMap.read(written(tmp_path / "map.fits", values, **more))


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "map.fits").write_text("dust")
    with pytest.raises(DustMapInvalid, match=r"map\.fits is no FITS file"):
        DustMap.read(tmp_path / "map.fits")


def test_the_layer_dims_more_toward_the_plane_and_alike_on_both_sides():
    latitude = np.array([90, 30, 10, 2, 0])
    north = SkyCoord(40 * u.deg, latitude * u.deg, frame="galactic")
    south = SkyCoord(220 * u.deg, -latitude * u.deg, frame="galactic")
    dimming = DustLayer().at(north)
    assert np.all(np.diff(dimming) > 0)
    np.testing.assert_allclose(dimming, DustLayer().at(south))
    # A_V of 0.18 mag through half the layer.
    assert dimming[0] * 3.1 == pytest.approx(0.18, abs=0.001)

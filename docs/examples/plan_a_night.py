# %% [markdown]
# # Plan a night
#
# From a sky map to a plan, its table, what it covers, and a picture. It needs no service, no
# database and no network. Open it as a notebook with jupytext, or run it as it is.

# %%
from importlib.resources import as_file, files

from astropy import units as u
from astropy.time import Time

from planners import ExecutedExposure, ObservingRequest, plan, read_skymap
from planners.coverage import coverage
from planners.skymaps.drawings.drawing import all_sky, zoomed
from planners.skymaps.drawings.outlined_tiles import PLANNED, Tiles
from telescopes import ZTF

# %% [markdown]
# A simulated merger of two neutron stars comes with the service. Any sky map in FITS will do,
# multi-order or flat, gzipped or not.

# %%
with as_file(files("too_marshal.data") / "bns_00507deg2_10102.multiorder.fits.gz") as path:
    skymap = read_skymap(path)
skymap

# %% [markdown]
# What is asked: two visits of each field within an hour of a night, first in g and then in r.

# %%
request = ObservingRequest(
    start=Time("2026-09-15T08:00:00"),
    end=Time("2026-09-15T09:00:00"),
    filters=("g", "r"),
    exposure_time={"g": 90 * u.s, "r": 90 * u.s},
    minimum_gap=20 * u.min,
)

# %% [markdown]
# `planners.PLANNERS` lists the planners. "optimal" says how far from the best it may be.

# %%
made = plan(skymap, ZTF, request, planner="optimal")
made

# %%
print(f"covered in both filters: {made.statistics['probability_all_filters']:.1%}")
print(f"no plan covers more than {made.statistics['upper_bound']:.1%}")

# %%
table = made.to_table()
table["field_id", "filter", "start", "airmass", "limiting_magnitude"][:5]

# %% [markdown]
# Suppose that the first half was observed, with two dead detectors. What did that cover?

# %%
good = ZTF.footprint.detector_id[2:]
taken = [
    ExecutedExposure(
        exposure_id=str(number),
        field_id=exposure.field_id,
        ra=exposure.ra,
        dec=exposure.dec,
        filter=exposure.filter,
        start=exposure.start,
        exposure_time=exposure.exposure_time,
        detectors=good,
    )
    for number, exposure in enumerate(made.exposures[: len(made.exposures) // 2])
]
covered = coverage(skymap, ZTF, taken)
covered

# %% [markdown]
# The pictures that the service shows where no script runs.

# %%
tiles = Tiles.at(
    "planned",
    PLANNED,
    ZTF,
    [(row.ra.to_value(u.deg), row.dec.to_value(u.deg)) for row in made.exposures],
)
figure = zoomed(skymap, [tiles])
figure

# %%
all_sky(skymap, [tiles])

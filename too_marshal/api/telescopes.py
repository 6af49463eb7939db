"""Telescopes: what can be planned for."""

from __future__ import annotations

from typing import Any

from astropy import units as u

from telescopes import TELESCOPES
from telescopes.telescope import Telescope
from too_marshal.api.operations import Content, operation
from too_marshal.api.schemas import NUMBER, TEXT, TRUTH, described, listed, named, record
from too_marshal.http.service import service

TELESCOPE = named(
    "Telescope",
    name=TEXT,
    site=TEXT,
    longitude=described(NUMBER, "geodetic, east, deg"),
    latitude=described(NUMBER, "geodetic, deg"),
    height=described(NUMBER, "m"),
    time_zone=TEXT,
    filters=listed(TEXT),
    default_filters=listed(TEXT),
    exposure_time=described(NUMBER, "customary, s"),
    longest_exposure=described(NUMBER, "s"),
    airmass_limit=NUMBER,
    has_robot=described(TRUTH, "whether plans can be submitted from here"),
)


def telescope_to_json(telescope: Telescope) -> dict[str, Any]:
    """What a caller must know to ask for a plan."""
    location = telescope.site.location
    return {
        "name": telescope.name,
        "site": telescope.site.name,
        "longitude": location.lon.to_value(u.deg).item(),
        "latitude": location.lat.to_value(u.deg).item(),
        "height": location.height.to_value(u.m).item(),
        "time_zone": telescope.site.time_zone,
        "filters": list(telescope.filters),
        "default_filters": list(telescope.default_filters),
        "exposure_time": telescope.exposure_time.to_value(u.s).item(),
        "longest_exposure": telescope.longest_exposure.to_value(u.s).item(),
        "airmass_limit": telescope.airmass_limit,
        "has_robot": service().robots.has(telescope.name),
    }


@operation("GET", "/telescopes", Content(record(items=listed(TELESCOPE))))
def list_telescopes() -> dict[str, Any]:
    """List the telescopes that can be planned for."""
    return {"items": [telescope_to_json(telescope) for telescope in TELESCOPES.values()]}

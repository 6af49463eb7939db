"""Maps as files: pictures of a localization, and what is left of it."""

from __future__ import annotations

from flask import Blueprint, Response

from too_marshal.db.accounts.people import Role
from too_marshal.db.localizations import Localization
from too_marshal.http.access import needs
from too_marshal.http.downloads import drawing_response, left_response
from too_marshal.http.service import row_or_404

maps = Blueprint("maps", __name__)


@maps.get("/localizations/<row:localization_id>/map.png")
@needs(Role.VIEWER)
def all_sky(localization_id: int) -> Response:
    """Show the whole sky."""
    return drawing_response(row_or_404(Localization, localization_id), "all_sky")


@maps.get("/localizations/<row:localization_id>/zoom.png")
@needs(Role.VIEWER)
def zoom(localization_id: int) -> Response:
    """Show the 90 % region."""
    return drawing_response(row_or_404(Localization, localization_id), "zoom")


@maps.get("/localizations/<row:localization_id>/left.fits")
@needs(Role.VIEWER)
def left(localization_id: int) -> Response:
    """Give the map without what was observed."""
    return left_response(row_or_404(Localization, localization_id))

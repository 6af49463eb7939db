"""A sky image behind the map, from tiles that the site's own server provides.

Browsers ask us and nobody else, so that the content security policy needs no exception.

References
----------
.. [1] Fernique et al. 2017, HiPS - Hierarchical Progressive Survey 1.0, IVOA recommendation.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from astropy import units as u
from flask import Blueprint, Flask, Response, abort, current_app

from telescopes.errors import QueueError, QueueRefused
from telescopes.protocols.http import HTTPTransport
from too_marshal.db.accounts.people import Role
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.http.access import needs

COARSEST, FINEST = 3, 11
"""Orders of tiles that are asked for: 7.3 deg to 1.7 arcmin a side."""

_AT_ONCE = 4
"""Threads that may wait for the image's server: pages need the others."""

_KEPT = 200
"""Tiles that are kept, about 10 MB."""

_LARGEST = 4 << 20
"""Bytes of one answer; a picture of the whole sky has about half a million."""

_JPEG = b"\xff\xd8\xff"

_EXTENSION = "sky_image"

image = Blueprint("image", __name__)


class ImageUnavailable(Exception):
    """The image's server gave no image; the message says why."""


@dataclass(frozen=True)
class SkyImage:
    """A client of one image. Raises only `ImageUnavailable`."""

    transport: HTTPTransport
    """Its server."""

    _kept: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _places: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_AT_ONCE)
    )

    def properties(self) -> dict[str, Any]:
        """What the image says of itself: order (of its finest tiles), title, copyright."""
        lines = self._get("/properties").decode(errors="replace").splitlines()
        pairs = (line.partition("=") for line in lines if not line.startswith("#"))
        said = {name.strip(): value.strip() for name, _, value in pairs}
        frame = said.get("hips_frame", "equatorial")
        if frame != "equatorial":
            raise ImageUnavailable(f"its frame is {frame[:40]}, and not equatorial")
        if "jpeg" not in said.get("hips_tile_format", "jpeg").split():
            raise ImageUnavailable("it has no tiles in JPEG")
        order = said.get("hips_order", "")
        if not (order.isascii() and order.isdigit()) or int(order) < COARSEST:
            raise ImageUnavailable(f"its hips_order is {order[:40]!r}, and not {COARSEST} or more")
        return {
            "order": min(int(order), FINEST),
            "title": said.get("obs_title", "sky image")[:200],
            "copyright": (said.get("obs_copyright") or said.get("hips_copyright") or "")[:200],
        }

    def tile(self, order: int, cell: int) -> bytes:
        """One tile, JPEG."""
        return self._picture(f"/Norder{order}/Dir{cell // 10000 * 10000}/Npix{cell}.jpg")

    def whole_sky(self) -> bytes:
        """All tiles of the coarsest order, small, in one picture."""
        return self._picture(f"/Norder{COARSEST}/Allsky.jpg")

    def _picture(self, path: str) -> bytes:
        content = self._get(path)
        if not content.startswith(_JPEG):
            raise ImageUnavailable("what it gives is no JPEG")
        return content

    def _get(self, path: str) -> bytes:
        with self._lock:
            if path in self._kept:
                self._kept.move_to_end(path)
                return self._kept[path]
        if not self._places.acquire(blocking=False):
            raise ImageUnavailable("its server is being asked for other tiles")
        try:
            content = self.transport.exchange("GET", path).expect().body
        except QueueRefused as err:
            raise ImageUnavailable(f"it has no {path}") from err
        except QueueError as err:
            raise ImageUnavailable("its server does not answer") from err
        finally:
            self._places.release()
        with self._lock:
            self._kept[path] = content
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return content


def install(app: Flask, settings: Settings) -> None:
    """Open the image that the settings name.

    Raises
    ------
    SettingInvalid
        If its address is none.
    """
    app.extensions[_EXTENSION] = None
    if settings.hips_url:
        try:
            transport = HTTPTransport(
                settings.hips_url.rstrip("/"),
                {"Accept": "*/*"},
                timeout=5 * u.s,
                deadline=10 * u.s,
                largest_answer=_LARGEST,
            )
        except ValueError as err:
            raise SettingInvalid(f"TOO_HIPS_URL: {err}") from err
        app.extensions[_EXTENSION] = SkyImage(transport)
    app.register_blueprint(image)


def is_there() -> bool:
    """Whether the site provides an image."""
    return current_app.extensions[_EXTENSION] is not None


def _image() -> SkyImage:
    found: SkyImage | None = current_app.extensions[_EXTENSION]
    if found is None:
        abort(404, "No sky image is configured.")
    return found


@image.get("/sky-image.json")
@needs(Role.VIEWER)
def properties() -> dict[str, Any]:
    """What is known of the image."""
    try:
        return _image().properties()
    except ImageUnavailable as err:
        abort(502, f"The sky image cannot be shown: {err}.")


@image.get("/sky-image/<int:order>/<int:cell>.jpg")
@needs(Role.VIEWER)
def tile(order: int, cell: int) -> Response:
    """One tile."""
    found = _image()
    if not COARSEST <= order <= FINEST or cell >= 12 << (2 * order):
        abort(404, f"There is no tile {cell} of order {order}.")
    try:
        return _jpeg(found.tile(order, cell))
    except ImageUnavailable as err:
        abort(502, f"The tile cannot be shown: {err}.")


@image.get("/sky-image/whole.jpg")
@needs(Role.VIEWER)
def whole() -> Response:
    """The whole sky."""
    try:
        return _jpeg(_image().whole_sky())
    except ImageUnavailable as err:
        abort(502, f"The sky image cannot be shown: {err}.")


def _jpeg(content: bytes) -> Response:
    response = Response(content, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response

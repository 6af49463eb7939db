"""What a browser needs to keep the pages as a program of their own, and to show them offline."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from too_marshal.http.access import public
from too_marshal.http.assets import AssetTree, asset

installable = Blueprint("installable", __name__)


@installable.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """Name, icon and beginning of the program."""
    response = jsonify(
        name="too-marshal",
        short_name="too-marshal",
        description="Target-of-Opportunity marshal",
        start_url="/",
        display="standalone",
        background_color="#0b0d12",
        theme_color="#0b0d12",
        icons=[
            {"src": asset("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
        ],
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "no-cache"
    return response


@installable.get("/worker.js")
@public
def worker() -> Response:
    """The script that keeps what was seen; at the root, since it may only see what is below it."""
    return _unversioned("worker.js", "no-cache")


@installable.get("/icon.svg")
@public
def icon() -> Response:
    """The icon, where a script names it without knowing its version."""
    return _unversioned("icon.svg", "public, max-age=86400")


def _unversioned(path: str, cache_control: str) -> Response:
    tree: AssetTree = current_app.extensions["assets"]
    file = tree.files[path]
    response = Response(file.content, mimetype=file.mimetype)
    response.headers["Cache-Control"] = cache_control
    return response

"""Styles, scripts and pictures: read once, compressed once, cached for ever by their content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from too_marshal.http.access import public

FOREVER = "public, max-age=31536000, immutable"

# Not the system's table: it differs between machines, and scripts need the right one.
MIMETYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
}

assets = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    compressed: bytes | None
    mimetype: str


@dataclass(frozen=True)
class AssetTree:
    """All files, and a name for exactly this set: a change of any changes every address.

    Scripts name one another by relative addresses, so they must share one version.
    """

    files: Mapping[str, Asset]
    version: str


def install(app: Flask) -> None:
    """Read the files and serve them."""
    app.extensions["assets"] = read_tree()
    app.register_blueprint(assets)
    app.add_template_global(asset)


@cache
def read_tree() -> AssetTree:
    """Every file below `static`, by its path."""
    root = resources.files("too_marshal") / "web" / "static"
    files = dict(sorted(_read(root, "")))
    digest = hashlib.sha256()
    for path, file in files.items():
        digest.update(path.encode() + b"\0" + hashlib.sha256(file.content).digest())
    return AssetTree(MappingProxyType(files), digest.hexdigest()[:12])


def _read(folder: Traversable, prefix: str) -> list[tuple[str, Asset]]:
    assets = []
    for entry in folder.iterdir():
        if entry.is_dir():
            assets += _read(entry, f"{prefix}{entry.name}/")
            continue
        content = entry.read_bytes()
        mimetype = MIMETYPES.get(entry.name.rpartition(".")[2], "text/plain")
        compressed = None if mimetype == "image/png" else gzip.compress(content, 9, mtime=0)
        assets.append((prefix + entry.name, Asset(content, compressed, mimetype)))
    return assets


def asset(path: str) -> str:
    """Address of a file.

    Raises
    ------
    KeyError
        If there is no such file: the page that names it is wrong.
    """
    tree: AssetTree = current_app.extensions["assets"]
    if path not in tree.files:
        raise KeyError(path)
    return url_for("assets.static", version=tree.version, path=path)


@assets.get("/static/<version>/<path:path>")
@public
def static(version: str, path: str) -> Response:
    """One file. An old page may ask for an old version: it gets today's, to be asked for again."""
    tree: AssetTree = current_app.extensions["assets"]
    file = tree.files.get(path)
    if file is None:
        abort(404)
    response = Response(file.content, mimetype=file.mimetype)
    if file.compressed is not None:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip"):
            response.set_data(file.compressed)
            response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = FOREVER if version == tree.version else "no-cache"
    return response

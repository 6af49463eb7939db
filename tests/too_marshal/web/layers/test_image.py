"""A sky image of the site's own server: checked, asked for by us alone, a few tiles at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.too_marshal.factories import add_event
from too_marshal.app import create_app
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.web.layers.image import ImageUnavailable, SkyImage

JPEG = b"\xff\xd8\xff\xe0 a picture"
PROPERTIES = b"""# a comment
obs_title            = Digitized sky
obs_copyright        = Somebody
hips_order           = 15
hips_frame           = equatorial
hips_tile_format     = jpeg fits
"""


class Server(ThreadingHTTPServer):
    """Files by path; every path that was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {
            "/hips/properties": PROPERTIES,
            "/hips/Norder3/Dir0/Npix7.jpg": JPEG,
            "/hips/Norder6/Dir40000/Npix40001.jpg": JPEG,
            "/hips/Norder3/Allsky.jpg": JPEG,
        }
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hips/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    if "server" not in request.fixturenames:
        return settings
    values = {name: getattr(settings, name) for name in ("data_dir", "secret_key", "robots")}
    return Settings(**values, hips_url=request.getfixturevalue("server").url)


def test_tiles_come_by_us_and_each_once(server: Server, viewer: FlaskClient):
    said = viewer.get("/sky-image.json")
    assert said.json == {"order": 11, "title": "Digitized sky", "copyright": "Somebody"}
    for _ in range(2):
        for address in ("3/7.jpg", "6/40001.jpg", "whole.jpg"):
            answer = viewer.get(f"/sky-image/{address}")
            assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/jpeg", JPEG)
    assert "max-age=86400" in answer.headers["Cache-Control"]
    assert sorted(server.asked) == sorted(server.files)


def test_the_layer_is_offered(server: Server, viewer: FlaskClient, session):
    event = add_event(session)
    offered = viewer.get(f"/events/{event.id}/sky.json").json["layers"]["image"]
    assert [each["id"] for each in offered] == ["shown"]
    assert server.asked == [], "nobody has switched it on"


def test_without_the_setting_there_is_no_layer(viewer: FlaskClient, session):
    event = add_event(session)
    assert viewer.get(f"/events/{event.id}/sky.json").json["layers"]["image"] == []
    for address in ("/sky-image.json", "/sky-image/3/7.jpg", "/sky-image/whole.jpg"):
        answer = viewer.get(address)
        assert answer.status_code == 404
        assert b"No sky image is configured" in answer.data


@pytest.mark.parametrize("address", ["2/7.jpg", "12/7.jpg", "3/768.jpg"])
def test_no_other_tile_is_asked_for(server: Server, viewer: FlaskClient, address: str):
    assert viewer.get(f"/sky-image/{address}").status_code == 404
    assert server.asked == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hips_frame = galactic", "its frame is galactic, and not equatorial"),
        (b"hips_tile_format = png", "it has no tiles in JPEG"),
        (b"hips_order = many", "hips_order is &#39;many&#39;, and not 3 or more"),
        (b"hips_order = 2", "hips_order is &#39;2&#39;, and not 3 or more"),
    ],
)
def test_an_image_that_cannot_be_drawn_is_refused_with_its_reason(
    server: Server, viewer: FlaskClient, line: bytes, reason: str
):
    server.files["/hips/properties"] = PROPERTIES + line
    answer = viewer.get("/sky-image.json")
    assert answer.status_code == 502
    assert reason in answer.text


def test_what_is_no_picture_is_not_handed_on(server: Server, viewer: FlaskClient):
    server.files["/hips/Norder3/Dir0/Npix7.jpg"] = b"<script>alert(1)</script>"
    answer = viewer.get("/sky-image/3/7.jpg")
    assert answer.status_code == 502
    assert b"what it gives is no JPEG" in answer.data
    assert viewer.get("/sky-image/3/8.jpg").status_code == 502


@contextmanager
def all_places(image: SkyImage) -> Iterator[None]:
    taken = 0
    while image._places.acquire(blocking=False):
        taken += 1
    yield
    image._places.release(taken)


def test_pages_keep_their_threads_from_a_slow_server(server: Server, app):
    image = app.extensions["sky_image"]
    with all_places(image), pytest.raises(ImageUnavailable, match="asked for other tiles"):
        image.tile(3, 7)
    assert server.asked == []
    assert image.tile(3, 7) == JPEG


def test_an_address_that_is_none_stops_the_start(tmp_path: Path, engine: Engine):
    settings = Settings(data_dir=tmp_path, secret_key="x", hips_url="/srv/hips")
    with pytest.raises(SettingInvalid, match="TOO_HIPS_URL: not an HTTP address"):
        create_app(settings, engine)

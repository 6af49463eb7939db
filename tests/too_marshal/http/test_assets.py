import hashlib
import json
import re
import runpy
from pathlib import Path

import pytest
from flask import Flask

import too_marshal

WEB = Path(too_marshal.__file__).parent / "web"
VENDOR = WEB / "static" / "vendor"
ENTRIES = json.loads((VENDOR / "vendor.json").read_text())
TEMPLATES = sorted((WEB / "templates").glob("**/*.html"))
SOURCES = TEMPLATES + [
    path for path in sorted((WEB / "static").glob("**/*.*")) if VENDOR not in path.parents
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_vendored_asset_is_what_its_record_says(entry):
    folder = VENDOR / f"{entry['name']}-{entry['version']}"
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert hashes == entry["files"]
    assert "LICENSE" in hashes
    assert entry["license"] in {"MIT", "ISC", "ISC AND MIT", "0BSD"}


def test_nothing_is_vendored_without_a_record():
    folders = {path.name for path in VENDOR.iterdir() if path.is_dir()}
    assert folders == {f"{entry['name']}-{entry['version']}" for entry in ENTRIES}
    assert "http" not in (VENDOR / "vendor.json").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_page_names_a_script_style_or_picture_elsewhere(path: Path):
    text = path.read_text()
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=[\"']?(https?:)?//", text)
    assert not re.search(r"@import|url\([\"']?(https?:)?//", text)
    assert not re.search(r"(fetch|import|EventSource)\([\"'`]https?:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_page_has_a_script_or_style_inside(path: Path):
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "<style" not in text
    assert not re.search(r"\s(style|on\w+|hx-on[\w:-]*)=", text)
    assert "|safe" not in text


def test_the_style_sheet_has_every_rule_of_bootstrap_that_a_page_may_use():
    tool = WEB.parents[1] / "tools" / "trim_bootstrap.py"
    if not tool.exists():
        pytest.skip("no checkout: the tools are not there")
    made = runpy.run_path(str(tool))
    kept = (WEB / "static" / "bootstrap.css").read_text()
    assert kept == made["trimmed"](), "python tools/trim_bootstrap.py"
    assert "Licensed under MIT" in kept
    words = {"btn", "form-control"}
    css = "a{b:c}.btn{x:y}.btn-x,.btn:hover{p:q}@media (a){.row{x:y}.btn{z:1}}:not(.off)+.btn{t:u}"
    assert made["trim"](css, words) == (
        "a{b:c}.btn{x:y}.btn:hover{p:q}@media (a){.btn{z:1}}:not(.off)+.btn{t:u}"
    )


def test_an_asset_is_kept_for_ever_under_an_address_of_its_content(app: Flask):
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("app.css")
    client = app.test_client()
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.mimetype == "text/css"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(address).data == (WEB / "static" / "app.css").read_bytes()


def test_an_old_address_gets_the_file_of_today_for_a_moment(app: Flask):
    answer = app.test_client().get("/static/0123456789ab/app.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["nothing.css", "../app.py", "..%2fapp.py", "vendor", "app.css/", "%00"]
)
def test_nothing_else_is_served(app: Flask, path: str):
    assert app.test_client().get(f"/static/x/{path}").status_code == 404


def test_a_page_that_names_a_missing_asset_is_wrong_at_once(app: Flask):
    with app.test_request_context(), pytest.raises(KeyError):
        app.jinja_env.globals["asset"]("nothing.css")


@pytest.mark.parametrize(
    "name", sorted(re.findall(r"asset\('([^']+)'\)", "".join(p.read_text() for p in TEMPLATES)))
)
def test_every_asset_that_a_page_names_exists(name: str):
    assert (WEB / "static" / name).is_file()

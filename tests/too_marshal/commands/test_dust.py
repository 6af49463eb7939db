"""The map of the Galaxy's dust: fetched, brought in, shown, and refused in words."""

import ssl
from functools import partial

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner

from tests.too_marshal.fetching.server import LOOPBACK, make_certificate, reply, web_server
from too_marshal.commands import dust as command
from too_marshal.fetching.fetcher import Fetcher
from too_marshal.workflows.planning.dust import dust_map, use_dust_map


def written(path, value=0.25):
    table = fits.BinTableHDU.from_columns(
        [fits.Column("TEMPERATURE", "E", array=np.full(12 * 4**2, value, dtype=np.float32))]
    )
    table.header["ORDERING"] = "NESTED"
    table.writeto(path)
    return path


def run(*arguments, folder):
    return CliRunner().invoke(command.dust, [*map(str, arguments), "--data-dir", str(folder)])


def test_a_map_is_brought_in_and_used_by_this_process(tmp_path):
    folder = tmp_path / "data"
    assert "There is no dust map" in run("show", folder=folder).output
    kept = run("use", written(tmp_path / "ebv.fits"), folder=folder)
    assert kept.exit_code == 0
    assert "192 cells of ebv.fits" in kept.output
    assert "192 cells" in run("show", folder=folder).output
    use_dust_map(folder / "dust_map.fits")
    first = dust_map()
    assert first is not None
    assert first.values[0] == pytest.approx(0.25)
    # Another that is brought in later takes its place.
    run("use", written(tmp_path / "later.fits", 0.5), folder=folder)
    second = dust_map()
    assert second is not None
    assert second.values[0] == pytest.approx(0.5)


def test_what_is_no_map_leaves_the_one_that_is_there(tmp_path):
    folder = tmp_path / "data"
    run("use", written(tmp_path / "ebv.fits"), folder=folder)
    (tmp_path / "text.fits").write_text("dust")
    refused = run("use", tmp_path / "text.fits", folder=folder)
    assert refused.exit_code == 1
    assert "text.fits is no FITS file with a table" in refused.output
    assert "192 cells" in run("show", folder=folder).output
    assert [path.name for path in folder.iterdir()] == ["dust_map.fits"]


def test_a_map_is_fetched_by_https(tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path)
    content = written(tmp_path / "ebv.fits").read_bytes()
    with web_server(certificate) as server:
        server.pages["/maps/ebv.fits"] = reply(200, content)
        own_network = partial(
            Fetcher,
            ports=(server.port,),
            context=ssl.create_default_context(cafile=str(certificate)),
            lookup=lambda _host, _port: [LOOPBACK],
            allowed=lambda address: address == LOOPBACK,
        )
        monkeypatch.setattr(command, "Fetcher", own_network)
        fetched = run("fetch", "--url", server.url("/maps/ebv.fits"), folder=tmp_path / "data")
        assert fetched.exit_code == 0, fetched.output
        assert "192 cells of ebv.fits" in fetched.output
        missing = run("fetch", "--url", server.url("/nothing.fits"), folder=tmp_path / "data")
        assert missing.exit_code == 1
        assert "cannot fetch" in missing.output

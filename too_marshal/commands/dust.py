"""too-marshal dust: the map of the Galaxy's dust that plans to detect a source use."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import click

from planners.detection.dust import DustMap, DustMapInvalid
from too_marshal.deployment.settings import Settings
from too_marshal.fetching.addresses import FetchFailed, FetchRefused
from too_marshal.fetching.fetcher import Fetcher, Limits

SFD = "https://lambda.gsfc.nasa.gov/data/foregrounds/SFD/lambda_sfd_ebv.fits"
"""E(B-V) of Schlegel, Finkbeiner and Davis (1998), ApJ 500, 525, in HEALPix cells, at LAMBDA."""

LIMITS = Limits(size=500 << 20, seconds=1800.0)

_FOLDER = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of all data; TOO_DATA_DIR otherwise.",
)


@click.group()
def dust() -> None:
    """Show, fetch or bring in the map of the Galaxy's dust.

    Without one, plans to detect a source take a plane layer of dust, and say so.
    """


@dust.command()
@_FOLDER
def show(data_dir: Path | None) -> None:
    """Say which map is used."""
    path = Settings.from_environ(data_dir=data_dir).dust_map
    if not path.exists():
        click.echo(f"There is no dust map ({path}): plans take a plane layer of dust.")
        return
    click.echo(f"{path}: {_read(path).values.size} cells")


@dust.command()
@click.option("--url", default=SFD, show_default=True, help="Where it is, by https.")
@_FOLDER
def fetch(url: str, data_dir: Path | None) -> None:
    """Fetch a HEALPix map of E(B-V) into the data folder."""
    host = urlsplit(url).hostname or ""
    try:
        content = Fetcher([host], limits=LIMITS).fetch(url).content
    except (FetchRefused, FetchFailed, ValueError) as err:
        raise click.ClickException(f"cannot fetch {url}: {err}") from err
    _store(content, Settings.from_environ(data_dir=data_dir).dust_map, urlsplit(url).path)


@dust.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_FOLDER
def use(file: Path, data_dir: Path | None) -> None:
    """Copy a HEALPix map of E(B-V), FILE, into the data folder."""
    try:
        content = file.read_bytes()
    except OSError as err:
        raise click.ClickException(f"cannot read {file}: {err.strerror}") from err
    _store(content, Settings.from_environ(data_dir=data_dir).dust_map, str(file))


def _store(content: bytes, path: Path, name: str) -> None:
    """Keep a map, once it has been read: whoever reads meanwhile finds the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder) / Path(name).name
        part.write_bytes(content)
        cells = _read(part).values.size
        part.replace(path)
    click.echo(f"{path}: {cells} cells of {Path(name).name}")


def _read(path: Path) -> DustMap:
    try:
        return DustMap.read(path)
    except DustMapInvalid as err:
        raise click.ClickException(str(err)) from err

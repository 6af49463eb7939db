"""Renew the vendored assets: `python tools/vendor.py` (maintainers only; needs npm).

Packs each package from the registry that npm is configured for, copies the few files that the
pages use, with the license text, and writes `vendor.json`. Nothing else ever fetches an asset.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "too_marshal" / "web" / "static" / "vendor"


@dataclass(frozen=True)
class Asset:
    """What is taken of one package."""

    name: str
    package: str
    version: str
    license: str
    files: tuple[str, ...]


ASSETS = (
    Asset("bootstrap", "bootstrap", "5.3.9", "MIT", ("dist/css/bootstrap.min.css",)),
    Asset("d3-array", "d3-array", "3.2.5", "ISC", ("dist/d3-array.min.js",)),
    # Ported parts of GeographicLib are under the MIT license; the text names them.
    Asset("d3-geo", "d3-geo", "3.1.2", "ISC AND MIT", ("dist/d3-geo.min.js",)),
    Asset("htmx", "htmx.org", "4.0.1", "0BSD", ("dist/htmx.min.js",)),
)


def pack(asset: Asset, folder: Path) -> Path:
    """Fetch and unpack one package; returns its root."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to renew the vendored assets")
    done = subprocess.run(
        [npm, "pack", "--json", f"{asset.package}@{asset.version}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / json.loads(done.stdout)[0]["filename"]
    root = folder / asset.name
    with tarfile.open(archive) as tar:
        tar.extractall(root, filter="data")
    return root / "package"


def store(asset: Asset, package: Path) -> dict[str, object]:
    """Copy the files of one package; returns its entry in vendor.json."""
    target = VENDOR / f"{asset.name}-{asset.version}"
    for old in VENDOR.glob(f"{asset.name}-*"):
        shutil.rmtree(old)
    target.mkdir(parents=True)
    for name in (*asset.files, "LICENSE"):
        shutil.copyfile(package / name, target / Path(name).name)
    return {
        "name": asset.name,
        "package": asset.package,
        "version": asset.version,
        "license": asset.license,
        "files": {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(target.iterdir())
        },
    }


def main() -> None:
    """Renew every asset."""
    with tempfile.TemporaryDirectory() as folder:
        entries = [store(asset, pack(asset, Path(folder))) for asset in ASSETS]
    (VENDOR / "vendor.json").write_text(json.dumps(entries, indent=2) + "\n")


if __name__ == "__main__":
    main()

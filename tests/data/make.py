"""Writes the maps of this folder and LVK's alerts, which carry one: `python -m tests.data.make`.

Every number of `tests/essentials` follows from those given here. The other files are by hand.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

FOLDER = Path(__file__).parent
SPHERE = 4 * np.pi


def multi_order(
    cells: list[tuple[int, int]], probability: list[float], distance: tuple[float, float] | None
) -> bytes:
    """A map of (order, NESTED index), each with its probability; one distance for all (Mpc)."""
    order, index = np.array(cells).T
    columns: dict[str, Any] = {
        "UNIQ": index + 4 ** (order + 1),
        "PROBDENSITY": np.array(probability) * 12 * 4.0**order / SPHERE,
    }
    if distance is not None:
        mean, sigma = distance
        columns |= {
            "DISTMU": np.full(len(cells), mean),
            "DISTSIGMA": np.full(len(cells), sigma),
            # So that the integral of r^2 N(r; mean, sigma) is one.
            "DISTNORM": np.full(len(cells), 1 / (mean**2 + sigma**2)),
        }
    return written(columns, {"ORDERING": "NUNIQ", "INDXSCHM": "EXPLICIT"})


def written(columns: dict[str, Any], cards: dict[str, Any]) -> bytes:
    table = Table(columns)
    table.meta.update(PIXTYPE="HEALPIX", COORDSYS="C", **cards)
    out = io.BytesIO()
    table.write(out, format="fits")
    return out.getvalue()


def maps() -> dict[str, bytes]:
    four = [(4, 1000), (4, 1001), (4, 1002), (4, 1003)]
    flat = {"ORDERING": "NESTED", "INDXSCHM": "IMPLICIT", "NSIDE": 4}
    return {
        "four_cells": multi_order(four, [0.5, 0.3, 0.15, 0.05], None),
        "two_orders": multi_order([(2, 7), (5, 0), (5, 1)], [0.4, 0.36, 0.24], None),
        "with_distance": multi_order(four[:2], [0.6, 0.4], (100.0, 10.0)),
        "whole_sky": written({"PROB": np.full(192, 1 / 192)}, flat),
        "negative": multi_order(four, [0.5, 0.6, -0.2, 0.1], None),
        "half": multi_order(four[:2], [0.3, 0.2], None),
    }


def alert(alert_type: str, created: str, skymap: bytes | None) -> dict[str, Any]:
    name = "S251122x"
    document: dict[str, Any] = {
        "alert_type": alert_type,
        "time_created": created,
        "superevent_id": name,
        "urls": {"gracedb": f"https://gracedb.ligo.org/superevents/{name}/view/"},
        "event": None,
        "external_coinc": None,
    }
    if skymap is not None:
        document["event"] = {
            "time": "2025-11-22T09:08:07.000Z",
            "far": 3e-9,
            "significant": True,
            "instruments": ["H1", "L1", "V1"],
            "group": "CBC",
            "pipeline": "gstlal",
            "search": "AllSky",
            "classification": {"BNS": 0.8, "NSBH": 0.1, "BBH": 0.0, "Terrestrial": 0.1},
            "properties": {"HasNS": 1.0, "HasRemnant": 0.7, "HasMassGap": 0.0},
            "skymap": base64.b64encode(skymap).decode(),
        }
    return document


def main() -> None:
    made = maps()
    for name, content in made.items():
        (FOLDER / "maps" / f"{name}.fits").write_bytes(content)
    for name, document in {
        "lvk_initial": alert("INITIAL", "2025-11-22T09:10:00Z", made["four_cells"]),
        "lvk_update": alert("UPDATE", "2025-11-22T11:00:00Z", made["with_distance"]),
        "lvk_retraction": alert("RETRACTION", "2025-11-22T12:00:00Z", None),
    }.items():
        (FOLDER / "notices" / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()

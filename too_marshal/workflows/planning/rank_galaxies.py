"""The galaxies of a table that are most probably the host: once for each table and map."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.table import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.galaxies import galaxy_weights
from planners.problem.requests import RequestInvalid
from planners.skymaps.skymap import SkyMap
from too_marshal.db.galaxies import GalaxyRanking
from too_marshal.db.localizations import Localization
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.planning.galaxies import load_galaxies, ranking_of

MOST = 50
"""Galaxies that are told; the others are counted."""


def rank_galaxies(session: Session, table_id: int, localization_id: int) -> None:
    """Find and store the most probable galaxies of a table, where they are not known yet.

    Parameters
    ----------
    session
        Open session; committed.
    table_id
        The table.
    localization_id
        A localization whose map is there.
    """
    localization = session.get_one(Localization, localization_id)
    if ranking_of(session, table_id, localization) is not None:
        return
    key = {"table_id": table_id, "sky_map_sha256": localization.sky_map_sha256}
    galaxies, skymap = load_galaxies(session, table_id), load_skymap(session, localization)
    session.commit()  # no transaction stays open while numbers are crunched
    found = _ranked(skymap, galaxies)
    session.execute(insert(GalaxyRanking).values(**key, **found).on_conflict_do_nothing())
    session.commit()


def _ranked(skymap: SkyMap, galaxies: Table) -> dict[str, Any]:
    try:
        weight = galaxy_weights(skymap, galaxies)
    except RequestInvalid as err:
        return {"galaxies": [], "probable": 0, "error": str(err)}
    probable = int(np.count_nonzero(weight))
    best = np.argsort(-weight, kind="stable")[: min(MOST, probable)]
    return {"galaxies": [_told(galaxies, weight, i) for i in best.tolist()], "probable": probable}


def _told(galaxies: Table, weight: np.ndarray[Any, Any], index: int) -> dict[str, Any]:
    name = str(galaxies["name"][index]) if "name" in galaxies.colnames else ""
    return {
        "name": name,
        "ra": round(float(galaxies["ra"][index]) % 360, 5),
        "dec": round(float(galaxies["dec"][index]), 5),
        "distance": float(f"{galaxies['distance'][index]:.4g}"),
        "weight": float(f"{weight[index]:.4g}"),
    }

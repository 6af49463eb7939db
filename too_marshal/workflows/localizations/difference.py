"""Working out what one version of a map says otherwise than an earlier one: once for each pair."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.skymaps.contours import contours
from planners.skymaps.joint_maps import map_difference
from planners.skymaps.skymap import SkyMap
from too_marshal import tasks
from too_marshal.db.localizations import Localization, LocalizationState, MapDifferenceRow
from too_marshal.workflows.localizations.localize import load_skymap

_LEVEL = 0.9
"""Of what was gained, and of what was lost: the region that is drawn."""


def map_of_notice(session: Session, notice_id: int) -> Localization | None:
    """The map that a notice has brought, itself or by its link; None if there is none yet."""
    return session.scalars(
        select(Localization)
        .where(
            Localization.notice_id == notice_id,
            Localization.state == LocalizationState.READY,
            Localization.sky_map_sha256.is_not(None),
        )
        .order_by((Localization.variant == "own"), Localization.id.desc())
        .limit(1)
    ).one_or_none()


def difference_of(
    session: Session, old: Localization, new: Localization
) -> MapDifferenceRow | None:
    """What is known of a pair of maps; None if it was never worked out."""
    return session.get(MapDifferenceRow, (old.sky_map_sha256, new.sky_map_sha256))


def ask_for_difference(session: Session, old: Localization, new: Localization) -> None:
    """Have a worker work it out; who asks while one waits adds nothing. Committed."""
    tasks.work_out_difference(old_id=old.id, new_id=new.id).defer(session)
    session.commit()


def work_out_difference(session: Session, old_id: int, new_id: int) -> None:
    """Work out and store the difference of two localizations, where it is not known yet.

    Parameters
    ----------
    session
        Open session; committed.
    old_id, new_id
        Localizations whose maps are there.
    """
    old = session.get_one(Localization, old_id)
    new = session.get_one(Localization, new_id)
    if difference_of(session, old, new) is not None:
        return
    key = {"old_sha256": old.sky_map_sha256, "new_sha256": new.sky_map_sha256}
    before, after = load_skymap(session, old), load_skymap(session, new)
    session.commit()  # no transaction stays open while maps are compared
    found = map_difference(before, after)
    numbers = ("moved", "in_old_50", "in_old_90", "common_90")
    session.execute(
        insert(MapDifferenceRow)
        .values(
            **key,
            **{name: getattr(found, name) for name in numbers},
            gained=_region(found.gained),
            lost=_region(found.lost),
        )
        .on_conflict_do_nothing()
    )
    session.commit()


def _region(part: SkyMap | None) -> dict[str, Any] | None:
    if part is None:
        return None
    geometry: dict[str, Any] = contours(part, (_LEVEL,))["features"][0]["geometry"]
    return geometry

"""Join the maps of linked events: where a source that both missions saw would be."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from planners.skymaps.joint_maps import product_skymap
from planners.skymaps.skymap import SkyMapInvalid
from too_marshal.db.base import now
from too_marshal.db.documents import MapPart
from too_marshal.db.events import Event, EventLink, LinkKind, record
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.workflows.events.coincidences import current_place
from too_marshal.workflows.events.link import links_of
from too_marshal.workflows.localizations.localize import load_skymap, store_skymap

_MIN_AREA = 1.0
"""deg2; a position better than that gains nothing from another map."""


def combine(session: Session, link_id: int) -> None:
    """Make the product of two linked events' maps, for each of the two; or withdraw it.

    Parameters
    ----------
    session
        Open session; committed.
    link_id
        A link. A suggestion has no product.
    """
    pair = session.get_one(EventLink, link_id)
    is_live = pair.undone_by is None and pair.kind != LinkKind.COINCIDENT
    for event, other in ((pair.first, pair.second), (pair.second, pair.first)):
        localization, others = current_place(event), current_place(other)
        if localization is None or localization.sky_map is None:
            continue
        if not is_live:
            _withdraw_product(session, event, other)
        elif others is not None and others.sky_map is not None:
            areas = (localization.sky_map.area_90, others.sky_map.area_90)
            if min(areas) >= _MIN_AREA:
                _store_product(session, event, other, localization, others)
    session.commit()


def combine_all(session: Session, event_id: int) -> None:
    """Make anew the products of an event whose map has changed; committed."""
    for pair in links_of(session, event_id):
        combine(session, pair.id)


def _store_product(
    session: Session, event: Event, other: Event, localization: Localization, others: Localization
) -> None:
    row = _product(session, localization, other)
    parts: list[MapPart] = [
        {"event": member.name, "localization": at.id, "sha256": at.sky_map_sha256}
        for member, at in ((event, localization), (other, others))
    ]
    if row is not None and row.description.get("maps") == parts:
        return
    if row is None:
        row = Localization(
            event_id=event.id,
            notice_id=localization.notice_id,
            variant=f"product-{other.id}",
            order=localization.order,
            kind="product",
        )
        session.add(row)
    row.description = {"kind": "product", "maps": parts}
    row.ready_at = now()
    try:
        skymap = product_skymap(load_skymap(session, localization), load_skymap(session, others))
    except SkyMapInvalid as err:
        row.state, row.reason, row.sky_map_sha256 = LocalizationState.REFUSED, str(err), None
        return
    row.sky_map_sha256 = store_skymap(session, skymap, None)
    row.state, row.reason = LocalizationState.READY, ""
    session.flush()
    record(
        session, f"Map combined with that of {other.name}", subject="localization",
        subject_id=row.id, event_id=event.id,
    )  # fmt: skip


def _withdraw_product(session: Session, event: Event, other: Event) -> None:
    rows = session.scalars(
        select(Localization).where(
            Localization.event_id == event.id, Localization.variant == f"product-{other.id}"
        )
    )
    for row in rows:
        row.state = LocalizationState.UNAVAILABLE
        row.reason = f"{other.name} is no longer linked"


def _product(session: Session, localization: Localization, other: Event) -> Localization | None:
    return session.scalars(
        select(Localization).where(
            Localization.notice_id == localization.notice_id,
            Localization.variant == f"product-{other.id}",
        )
    ).one_or_none()

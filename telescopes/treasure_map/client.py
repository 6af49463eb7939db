"""The Treasure Map, in both directions: our pointings out, other groups' completed ones in.

Nothing is posted twice: what is there already is looked for before anything is sent, and
read back afterwards. The numbers that `TreasureMap.post` returns are for the caller to keep.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u

from telescopes.errors import (
    QueueError,
    QueueRefused,
    QueueUnconfirmed,
    QueueUnreachable,
    looking_in,
)
from telescopes.outlines import convex_hull
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from telescopes.tables.exposure_tables import RejectedRow
from telescopes.telescope import Footprint
from telescopes.treasure_map.messages import Pointing, read_pointing, read_polygon, write_pointing

URL = "https://treasuremap.space/api/v1"
"""The service."""

CHUNK = 100
"""Pointings in one message: one bad one rejects the whole message."""


@dataclass(frozen=True, eq=False)
class Posted:
    """What has become of pointings that were posted."""

    ids: tuple[int | None, ...]
    """Number of each at the Treasure Map, in the order of the pointings; None if it has none."""

    refused: tuple[str, ...]
    """Why some have none, in the service's words."""


@dataclass(frozen=True, eq=False)
class PointingTable:
    """Pointings that the service knows, and entries that could not be understood."""

    pointings: tuple[Pointing, ...]
    """In the order of time."""

    rejected: tuple[RejectedRow, ...]
    """The others."""


@dataclass(frozen=True)
class TreasureMap:
    """A client of one account. Raises only the errors of `telescopes.errors`."""

    transport: HTTPTransport
    """The service, with ``api_token`` in its headers."""

    def post(self, graceid: str, pointings: Sequence[Pointing]) -> Posted:
        """Have the Treasure Map hold these pointings, each once.

        One that is there is not sent again. One with a number is a planned pointing that has
        been completed: the service then changes its time and its state.

        Raises
        ------
        PlanUnsuitable
            If one of them could not be taken; nothing is sent.
        QueueRefused
            If the service said no to all, such as for an unknown event.
        QueueUnreachable
            If nothing was sent.
        QueueUnconfirmed
            If some may have arrived: posting the same again is safe, and tells.
        """
        messages = [write_pointing(pointing) for pointing in pointings]
        ids = self._ids(graceid, pointings)
        missing = [i for i, pointing_id in enumerate(ids) if pointing_id is None]
        if not missing:
            return Posted(tuple(ids), ())
        refused: list[str] = []
        for first in range(0, len(missing), CHUNK):
            chunk = [messages[i] for i in missing[first : first + CHUNK]]
            refused += self._send(graceid, chunk)
        try:
            ids = self._ids(graceid, pointings)
        except QueueError as err:
            raise QueueUnconfirmed(f"posted, but it cannot be read back: {err}") from err
        if None in ids and not refused:
            raise QueueUnconfirmed(f"{ids.count(None)} pointings were taken, but are not there")
        return Posted(tuple(ids), tuple(refused) if None in ids else ())

    def _send(self, graceid: str, messages: list[dict[str, Any]]) -> list[str]:
        """Send a part; what the service objected to."""
        body = json.dumps({"graceid": graceid, "pointings": messages}, allow_nan=False)
        answer = self.transport.exchange("POST", "/pointings", body=body)
        if answer.status == 422:
            # One bad pointing rejects its message; the other messages may be good.
            return [answer.message]
        _check_write(answer)
        try:
            return [json.dumps(error)[:500] for error in answer.json()["ERRORS"]]
        except (QueueUnreachable, KeyError, TypeError) as err:
            message = f"posted, but the answer cannot be read: {answer.message[:200]}"
            raise QueueUnconfirmed(message) from err

    def _ids(self, graceid: str, pointings: Sequence[Pointing]) -> list[int | None]:
        """Numbers of those that the service holds, each number once."""
        left = list(self.pointings(graceid, ("planned", "completed")).pointings)
        ids: list[int | None] = []
        for pointing in pointings:
            match = next((other for other in left if _holds(other, pointing)), None)
            ids.append(None if match is None else match.pointing_id)
            if match is not None:
                left.remove(match)
        return ids

    def cancel(self, ids: Collection[int]) -> None:
        """Cancel planned pointings, and see that none is planned any more.

        Those that are completed or cancelled already are left as they are.

        Raises
        ------
        QueueRefused
            If the service said no.
        QueueUnreachable
            If nothing was sent.
        QueueUnconfirmed
            If one may still be planned. Cancelling again is safe.
        """
        planned = self._planned(ids)
        if not planned:
            return
        body = json.dumps({"status": "cancelled", "ids": planned})
        try:
            answer = self.transport.exchange("POST", "/update_pointings", body=body)
        except QueueUnconfirmed as err:
            reply = str(err)
        else:
            _check_write(answer)
            reply = answer.message
        try:
            left = self._planned(ids)
        except QueueError as err:
            raise QueueUnconfirmed(f"{reply}; whether they are gone cannot be read: {err}") from err
        if left:
            raise QueueUnconfirmed(f"{reply}; {len(left)} pointings are planned still")

    def _planned(self, ids: Collection[int]) -> list[int]:
        if not ids:
            return []
        query = {"ids": ",".join(map(str, sorted(ids))), "status": "planned"}
        wanted = set(ids)
        planned = [pointing.pointing_id for pointing in self._read(query).pointings]
        return sorted(
            pointing_id
            for pointing_id in planned
            if pointing_id is not None and pointing_id in wanted
        )

    def pointings(self, graceid: str, statuses: Collection[str] = ("completed",)) -> PointingTable:
        """Pointings of everybody for an event."""
        return self._read({"graceid": graceid, "statuses": ",".join(sorted(statuses))})

    def completed_by_others(self, graceid: str, own: Collection[int]) -> PointingTable:
        """Completed pointings of other groups: all but those whose numbers are ours."""
        table = self.pointings(graceid)
        others = [pointing for pointing in table.pointings if pointing.pointing_id not in own]
        return PointingTable(tuple(others), table.rejected)

    def _read(self, query: dict[str, str]) -> PointingTable:
        rows = self.transport.exchange("GET", "/pointings", query=query).expect().json()
        if not isinstance(rows, list):
            raise QueueUnreachable(f"something else answers for the Treasure Map: {rows!r:.200}")
        pointings: list[Pointing] = []
        rejected: list[RejectedRow] = []
        for index, row in enumerate(rows, start=1):
            try:
                pointings.append(read_pointing(row))
            except (ValueError, KeyError, TypeError, AttributeError) as err:
                rejected.append(RejectedRow(index, f"{type(err).__name__}: {err}", str(row)[:300]))
        pointings.sort(key=lambda pointing: float(pointing.time.utc.mjd))
        return PointingTable(tuple(pointings), tuple(rejected))

    def footprint(self, instrument_id: int) -> Footprint:
        """Light-sensitive areas of an instrument, as the Treasure Map has them.

        Each is replaced by its convex hull: most are convex, and a hull is what a `Footprint`
        is made of. Circles come as polygons.

        Raises
        ------
        QueueRefused
            If the Treasure Map knows none.
        """
        query = {"id": str(instrument_id)}
        rows = self.transport.exchange("GET", "/footprints", query=query).expect().json()
        try:
            polygons = [convex_hull(read_polygon(str(row["footprint"]))) for row in rows]
        except (ValueError, KeyError, TypeError) as err:
            raise QueueUnreachable(
                f"the footprint of {instrument_id} cannot be read: {err}"
            ) from err
        if not polygons:
            raise QueueRefused(f"the Treasure Map has no footprint of instrument {instrument_id}")
        most = max(len(polygon) for polygon in polygons)
        # A corner that stands twice adds nothing.
        even = [np.pad(each, ((0, most - len(each)), (0, 0)), mode="edge") for each in polygons]
        return Footprint(np.arange(len(even)), np.array(even) * u.deg)

    def ping(self) -> None:
        """Return if the service answers; raise `QueueUnreachable` if not."""
        with looking_in("the Treasure Map"):
            self.transport.exchange("GET", "/instruments").expect()


def _holds(held: Pointing, wanted: Pointing) -> bool:
    """Whether a pointing of the service is the one that is wanted."""
    if wanted.pointing_id is None:
        return wanted.is_same(held)
    return held.pointing_id == wanted.pointing_id and held.status == wanted.status


def _check_write(answer: HTTPAnswer) -> None:
    """Raise what the status of a change means, if it is no success."""
    if answer.status >= 500 or answer.status == 408:
        raise QueueUnconfirmed(answer.message)
    if answer.status >= 300:
        raise QueueRefused(answer.message)


def open_treasure_map(token: str, url: str = URL) -> TreasureMap:
    """Open an account; nothing is sent.

    Raises
    ------
    ValueError
        If the address is none.
    """
    return TreasureMap(
        HTTPTransport(url, {"api_token": token}, timeout=30 * u.s, deadline=60 * u.s)
    )

"""Archives that tell what was executed and which reference images there are, in one table.

`open_archive` opens one; its `references` gives what `ObservingRequest.references` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from astropy.time import Time

from telescopes.observing_plan import ExecutedExposure

if TYPE_CHECKING:
    from telescopes.tables.exposure_tables import ExposureTable
    from telescopes.ztf.irsa import ReferenceImages


class Archive(Protocol):
    """What was observed and published. Raises `ArchiveUnavailable` only."""

    def executed(
        self, start: Time, end: Time, known: Sequence[ExecutedExposure] = ()
    ) -> ExposureTable:
        """Exposures begun in [start, end), in the order of time, and rows not understood.

        An exposure that is among `known`, as the robot told it, keeps its number and its queue.
        """

    def references(self) -> ReferenceImages:
        """Fields that have a reference image, by filter."""


def _open_irsa(endpoint: Mapping[str, Any]) -> Archive:
    # What reads an archive is imported when one is opened: pyvo takes long.
    from telescopes.protocols.tap import TAPArchive
    from telescopes.ztf.irsa import URL, ZTFArchive

    return ZTFArchive(TAPArchive(endpoint.get("url", URL)))


ARCHIVES: dict[str, Callable[[Mapping[str, Any]], Archive]] = {"ZTF": _open_irsa}
"""By telescope."""


def open_archive(telescope_name: str, endpoint: Mapping[str, Any] | None = None) -> Archive:
    """Open the archive of a telescope; nothing is sent.

    Parameters
    ----------
    telescope_name
        A name of `ARCHIVES`.
    endpoint
        ``url``, if it is not the usual one.

    Raises
    ------
    LookupError
        If the telescope has none.
    ValueError
        If the address is none.
    """
    if telescope_name not in ARCHIVES:
        raise LookupError(f"no archive of {telescope_name}; there is {', '.join(ARCHIVES)}")
    return ARCHIVES[telescope_name](endpoint or {})

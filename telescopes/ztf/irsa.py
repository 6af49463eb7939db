"""What the archive at IRSA tells of ZTF: quadrants that were processed, and reference images.

One row is one quadrant of one exposure; a quadrant that has no row was lost. Rows that
cannot be understood are put aside one by one, and the others count.

References
----------
.. [1] irsa.ipac.caltech.edu/data/ZTF: the tables ``ztf.ztf_current_meta_sci`` and
   ``ztf.ztf_current_meta_ref``.
.. [2] Masci et al. 2019, PASP 131, 018003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from astropy import units as u
from astropy.table import Table
from astropy.time import Time
from numpy.typing import NDArray

from telescopes.errors import ArchiveUnavailable
from telescopes.observing_plan import ExecutedExposure
from telescopes.protocols.tap import TAPArchive
from telescopes.tables.exposure_tables import ExposureTable, RejectedRow
from telescopes.ztf.exposures import SAME
from telescopes.ztf.facts import ZTF
from telescopes.ztf.irsa_quadrants import RowFilter, group_quadrants
from telescopes.ztf.messages import FILTER_IDS

URL = "https://irsa.ipac.caltech.edu/TAP"
"""The service [1]_."""

STEP = 0.25
"""Days that are asked for at a time: 16 000 rows of a busy night."""

FIELDS_AT_A_TIME = 250
"""Fields whose references are asked for at a time: 48 000 rows."""

QUADRANT_COLUMNS = (
    "field",
    "rcid",
    "fid",
    "expid",
    "obsjd",
    "exptime",
    "seeing",
    "airmass",
    "maglimit",
    "infobits",
)

REFERENCE_COLUMNS = ("field", "fid", "ccdid", "qid", "maglimit")

FRAMES = 15
"""A reference image of fewer frames is too shallow to subtract [2]_."""

SURVEY = "2018-02-05T00:00:00Z"
"""Images from before, of the time of commissioning, are not used (the first GROWTH marshal,
`growth/too/tasks/ztf_client.py`)."""

_FILTERS = {filter_id: name for name, filter_id in FILTER_IDS.items()}


@dataclass(frozen=True, eq=False)
class ReferenceImages:
    """Which fields have a reference image."""

    by_filter: dict[str, frozenset[int]]
    """Fields by filter, as `ObservingRequest.references` takes them."""

    rejected: tuple[RejectedRow, ...]
    """Rows that could not be understood."""


@dataclass(frozen=True)
class ZTFArchive:
    """The tables of ZTF; implements `telescopes.archives.Archive`."""

    archive: TAPArchive
    """Where they are."""

    def executed(
        self, start: Time, end: Time, known: Sequence[ExecutedExposure] = ()
    ) -> ExposureTable:
        """Exposures begun in [start, end), in the order of time.

        A quadrant counts if it is there, has a limiting magnitude, and is not marked as bad.

        Parameters
        ----------
        start, end
            The window; it is asked for in pieces of `STEP`.
        known
            What the robot itself has told: an exposure that is among these keeps its number,
            its position and its queue.

        Raises
        ------
        ArchiveUnavailable
            If one of the pieces cannot be had.
        """
        low, high = float(start.utc.jd), float(end.utc.jd)
        edges = [*np.arange(low, high, STEP).tolist(), high]
        exposures: list[ExecutedExposure] = []
        rejected: list[RejectedRow] = []
        for first, last in pairwise(edges):
            table = self.archive.query(
                f"SELECT {', '.join(QUADRANT_COLUMNS)} FROM ztf.ztf_current_meta_sci"  # noqa: S608 - numbers
                f" WHERE obsjd >= {first:.8f} AND obsjd < {last:.8f} AND field < 2000",
                QUADRANT_COLUMNS,
            )
            sieve = _quadrants(table, first, last)
            exposures += group_quadrants(sieve, known)
            rejected += sieve.rejected()
        return ExposureTable(tuple(exposures), tuple(rejected))

    def references(self, minimum_quadrants: int = 32) -> ReferenceImages:
        """Which fields have reference images.

        Parameters
        ----------
        minimum_quadrants
            A field of which fewer of the 64 quadrants have one counts as having none.

        Raises
        ------
        ArchiveUnavailable
            If they cannot be had, or there is not one: an empty table would forbid every field.
        """
        count: dict[tuple[int, str], int] = {}
        rejected: list[RejectedRow] = []
        for first in range(0, 2000, FIELDS_AT_A_TIME):
            table = self.archive.query(
                f"SELECT {', '.join(REFERENCE_COLUMNS)} FROM ztf.ztf_current_meta_ref"  # noqa: S608 - numbers
                f" WHERE nframes >= {FRAMES} AND startobsdate >= '{SURVEY}' AND field >= {first}"
                f" AND field < {first + FIELDS_AT_A_TIME}",
                REFERENCE_COLUMNS,
            )
            sieve = _references(table, first)
            rejected += sieve.rejected()
            pairs = np.stack([sieve.good("field"), sieve.good("fid")], axis=-1).astype(np.int64)
            keys, quadrants = np.unique(pairs, axis=0, return_counts=True)
            for (field, filter_id), n in zip(keys.tolist(), quadrants.tolist(), strict=True):
                count[field, _FILTERS[filter_id]] = n
        enough = [key for key, n in count.items() if n >= minimum_quadrants]
        if not enough:
            raise ArchiveUnavailable(f"{self.archive.url} knows no reference image at all")
        return ReferenceImages(
            {
                name: frozenset(field for field, other in enough if other == name)
                for name in FILTER_IDS
            },
            tuple(rejected),
        )


def _quadrants(table: Table, first: float, last: float) -> RowFilter:
    """Sift rows of ``ztf_current_meta_sci``."""
    sieve = RowFilter(table, QUADRANT_COLUMNS)
    _common(sieve)
    longest = ZTF.longest_exposure.to_value(u.s)
    sieve.keep(_whole(sieve["rcid"], 0, 63), "rcid is no quadrant")
    sieve.keep(sieve["expid"] > 0, "expid is no number")
    sieve.keep((sieve["obsjd"] >= first) & (sieve["obsjd"] < last), "obsjd is not as asked")
    sieve.keep((sieve["exptime"] > 0) & (sieve["exptime"] <= longest), "exptime cannot be")
    sieve.keep_like_most(
        "expid",
        {"field": 0, "fid": 0, "obsjd": SAME, "exptime": 1},
        "most quadrants of this expid are of another exposure",
    )
    sieve.keep_first("expid", "rcid", reason="this quadrant is there already")
    return sieve


def _references(table: Table, first: int) -> RowFilter:
    """Sift rows of ``ztf_current_meta_ref``."""
    sieve = RowFilter(table, REFERENCE_COLUMNS)
    _common(sieve)
    sieve.keep(_whole(sieve["field"], first, first + FIELDS_AT_A_TIME - 1), "field is not as asked")
    sieve.keep(_whole(sieve["ccdid"], 1, 16) & _whole(sieve["qid"], 1, 4), "no quadrant")
    sieve.keep_first("field", "fid", "ccdid", "qid", reason="this reference is there already")
    return sieve


def _common(sieve: RowFilter) -> None:
    known = np.asarray(ZTF.read_grid().field_id, dtype=float)
    sieve.keep(np.isin(sieve["field"], known), "ZTF has no such field")
    sieve.keep(np.isin(sieve["fid"], [float(fid) for fid in _FILTERS]), "no such filter")


def _whole(values: NDArray[np.float64], low: int, high: int) -> NDArray[np.bool_]:
    """Whether values are whole numbers in an interval; NaN is not."""
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= low) & (values <= high) & (values == np.floor(values)))

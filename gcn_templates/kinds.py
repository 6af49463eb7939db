"""The kinds of circulars: what each is written from, and by which texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Need(Enum):
    """What a kind of circular cannot be written without."""

    OUR_IMAGES = auto()
    """Executed exposures that were taken for the event."""

    SURVEY_IMAGES = auto()
    """Executed exposures that were taken for something else."""

    EARLIER = auto()
    """A circular of ours that was sent."""

    CANDIDATES = auto()
    """Possible counterparts."""

    RETRACTED = auto()
    """A candidate of ours that is none."""


@dataclass(frozen=True)
class Kind:
    """A kind of circular."""

    name: str
    """Short name; also of its texts."""

    title: str
    """What people call it."""

    needs: frozenset[Need]
    """What it cannot be written without."""

    is_of_a_place: bool = False
    """Whether it may be of the images that show one place."""


def _kinds(*kinds: Kind) -> Mapping[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS = _kinds(
    Kind("observations", "First report of observations", frozenset({Need.OUR_IMAGES})),
    Kind("followup", "Report of later observations", frozenset({Need.OUR_IMAGES, Need.EARLIER})),
    Kind("candidates", "Candidates", frozenset({Need.OUR_IMAGES, Need.CANDIDATES})),
    Kind(
        "nondetection",
        "Nothing found, with limits",
        frozenset({Need.OUR_IMAGES}),
        is_of_a_place=True,
    ),
    Kind("retraction", "Retraction of our candidate", frozenset({Need.RETRACTED})),
    Kind("serendipitous", "Serendipitous coverage", frozenset({Need.SURVEY_IMAGES})),
)
"""Every kind, by name."""

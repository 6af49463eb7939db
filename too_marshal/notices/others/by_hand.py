"""Events that a person enters: what no mission sends as a notice, such as an optical transient.

They are notices like any other: kept word for word, corrected and retracted by further ones. The
members are those of GCN's core schema; who entered it, what it is and who told of it stand beside.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_containment, core_map, core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Localization, Moc, Notice
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Stream, declare

STREAM = "by_hand"
TOPIC = "too_marshal.by_hand"
"""No topic of a stream: it says who reads what a person has entered."""

declare(
    Stream(STREAM, "Entered by a person", circular_names=()),
)


class SourceKind(StrEnum):
    """What a person may say that the source is."""

    GAMMA_RAY_BURST = "gamma-ray burst"
    X_RAY_TRANSIENT = "X-ray transient"
    OPTICAL_TRANSIENT = "optical transient"
    SUPERNOVA = "supernova"
    RADIO_BURST = "fast radio burst"
    NEUTRINO = "neutrino"
    GRAVITATIONAL_WAVE = "gravitational wave"
    OTHER = "other"


@parses_topic(TOPIC, members=("entered_by", "source_kind"))
def parse(document: Document) -> Notice:
    """Read what a person has entered."""
    base = core_notice(document, STREAM)
    told_by, comment = document.text("told_by"), document.text("comment")
    return replace(
        base,
        localization=_localization(document),
        type_name=document.text("source_kind") or SourceKind.OTHER.value,
        attributes={
            "entered_by": document.text("entered_by") or "",
            **({"told_by": told_by} if told_by else {}),
            **({"comment": comment} if comment else {}),
        },
    )


def _localization(document: Document) -> Localization | None:
    region = core_region(document)
    moc, _ = document.file("moc_file")
    if moc is not None:
        return Moc(moc, core_containment(document))
    return core_map(document, region) or region

"""BOOM: optical transients that match an event of another mission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_point
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Kind, Notice
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Stream, declare, stream_called

declare(
    Stream(
        "boom",
        "BOOM",
        topics=("gcn.notices.boom.alert",),
        makes_events=False,
        lists_events=True,
        names_any=True,
    ),
)


@parses_topic("gcn.notices.boom.alert", schema="boom/alert")
def parse(document: Document) -> Notice:
    """Read a list of candidates, to be shown with the events they match."""
    base = core_notice(document, "boom")
    data = document.child("data") or Document({})
    targets = data.children("targets")
    names = tuple(name for target in targets for name in target.identifiers("event_name"))
    single = len(targets) == 1
    return replace(
        base,
        event_key=names[0] if single and names else None,
        kind=Kind.INFORMATION,
        position=core_point(targets[0]) if single else None,
        name=names[0] if single and names else None,
        type_name="BOOM",
        aliases=names,
        related=tuple(dict.fromkeys(pair for target in targets for pair in _matches(target))),
        attributes={
            "candidates": [_candidate(target) for target in targets],
            "photometry_points": len(data.children("photometry")),
        },
    )


def _matches(target: Document) -> list[tuple[str, str]]:
    matches = []
    for match in target.children("gcn_crossmatch"):
        stream = stream_called(match.text("ref_instrument") or "")
        key = match.text("ref_ID")
        if stream is not None and key is not None:
            matches.append((stream, key))
    return matches


def _candidate(target: Document) -> dict[str, Any]:
    point = core_point(target)
    return {
        "names": list(target.identifiers("event_name")),
        "ra_deg": None if point is None else point[0],
        "dec_deg": None if point is None else point[1],
        "scores": target.numbers("classification_scores"),
    }

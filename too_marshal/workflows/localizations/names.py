"""What a localization is called where people choose among several."""

from __future__ import annotations

from too_marshal.db.localizations import Localization

MASKED = "masked"
"""Kind of a map from which the sky that the Earth hid is taken out."""

_KINDS = {"inlinemap": "map", "maplink": "map"}


def name_of(localization: Localization) -> str:
    """Number of a localization, and what it is."""
    maps = localization.description.get("maps") or []
    match localization.kind, localization.variant:
        case "product", _:
            with_whom = maps[-1]["event"] if maps else "another event"
            return f"{localization.id}: combined with {with_whom}"
        case kind, _ if kind == MASKED:
            return f"{maps[0]['localization']} without the sky behind the Earth"
        case _, "combined":
            return f"{localization.id}: combined by the mission"
        case _, variant if variant != "own":
            return f"{localization.id}: map that was {variant.replace('-', ', version ')}"
        case kind, _:
            return f"{localization.id}: {_KINDS.get(kind, kind)}"

"""What a localization is called where people choose among several."""

from __future__ import annotations

from too_marshal.db.localizations import Localization

MASKED = "masked"
"""Kind of a map from which the sky that the Earth hid is taken out."""

_KINDS = {"inlinemap": "map", "maplink": "map", MASKED: "without the sky behind the Earth"}


def kind_of(localization: Localization) -> str:
    """What a localization is, in words."""
    maps = localization.description.get("maps") or []
    match localization.kind, localization.variant:
        case "product", _:
            return f"combined with {maps[-1]['event'] if maps else 'another event'}"
        case _, "combined":
            return "combined by the mission"
        case _, variant if variant != "own" and localization.kind != MASKED:
            return f"map that was {variant.replace('-', ', version ')}"
        case kind, _:
            return _KINDS.get(kind, kind)


def name_of(localization: Localization) -> str:
    """Number of a localization, and what it is."""
    if localization.kind == MASKED:
        maps = localization.description["maps"]
        return f"{maps[0]['localization']} without the sky behind the Earth"
    return f"{localization.id}: {kind_of(localization)}"

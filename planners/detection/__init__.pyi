from .dust import DustMap, DustMapInvalid
from .sources import SOURCES, SourceModel, source_model

__all__ = [
    "SOURCES",
    "DustMap",
    "DustMapInvalid",
    "SourceModel",
    "source_model",
]

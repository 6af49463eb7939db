from .facts import ZTF
from .irsa import ZTFArchive
from .queue import ZTFQueue

__all__ = [
    "ZTF",
    "ZTFArchive",
    "ZTFQueue",
]

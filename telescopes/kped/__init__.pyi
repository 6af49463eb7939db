from .facts import KPED

__all__ = [
    "KPED",
]

from .gwemopt_planner import GwemoptFailed

__all__ = [
    "GwemoptFailed",
]

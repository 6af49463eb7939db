"""Cameras on the sky: what part of a map each pointing covers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

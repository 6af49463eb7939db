"""Whether a source would be detected: how bright it may be, and what dims it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

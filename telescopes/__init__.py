"""Telescopes: their facts and their queues. A new one is a module, a grid and a line in `registry`.

`telescopes.queues.open_queue` opens the way to a robot, `telescopes.preflight.preflight` holds a
plan against it, `telescopes.archives.open_archive` tells what was executed (`executed`) and which
reference images there are (`references`), and `telescopes.tables` reads what observers upload.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

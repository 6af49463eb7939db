"""Telescopes: their facts and their queues. A new one is a module, a grid and a line here.

`telescopes.queues.open_queue` opens the way to a robot, `telescopes.preflight.preflight.preflight` holds a
plan against it, `telescopes.archives.open_archive` tells what was executed (`executed`) and which
reference images there are (`references`), and `telescopes.tables.exposure_tables.read_exposure_table`
reads what observers upload.
"""

from telescopes.decam.facts import DECAM
from telescopes.gattini.facts import GATTINI
from telescopes.growth_india.facts import GROWTH_INDIA
from telescopes.kped.facts import KPED
from telescopes.las_cumbres.facts import LAS_CUMBRES
from telescopes.liverpool.facts import LIVERPOOL
from telescopes.observing import Telescope
from telescopes.winter.facts import WINTER
from telescopes.ztf.facts import ZTF

TELESCOPES: dict[str, Telescope] = {
    telescope.name: telescope
    for telescope in (
        ZTF,
        DECAM,
        GATTINI,
        GROWTH_INDIA,
        WINTER,
        KPED,
        LIVERPOOL,
        *LAS_CUMBRES.values(),
    )
}
"""Every telescope that can be planned for, by name."""

"""Telescopes: their facts and their queues. A new one is a module, a grid and a line here."""

from telescopes.decam import DECAM
from telescopes.gattini import GATTINI
from telescopes.growth_india import GROWTH_INDIA
from telescopes.las_cumbres import LAS_CUMBRES
from telescopes.observing import Telescope
from telescopes.ztf import ZTF

TELESCOPES: dict[str, Telescope] = {
    telescope.name: telescope
    for telescope in (ZTF, DECAM, GATTINI, GROWTH_INDIA, *LAS_CUMBRES.values())
}
"""Every telescope that can be planned for, by name."""

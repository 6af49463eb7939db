"""Every telescope, in one table."""

from __future__ import annotations

from telescopes.decam.facts import DECAM
from telescopes.gattini.facts import GATTINI
from telescopes.growth_india.facts import GROWTH_INDIA
from telescopes.kped.facts import KPED
from telescopes.las_cumbres.facts import LAS_CUMBRES
from telescopes.liverpool.facts import LIVERPOOL
from telescopes.telescope import Telescope
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

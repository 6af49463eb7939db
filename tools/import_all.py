"""Import every module of the installed packages, and read what they ship."""

import importlib
import pkgutil
import sys

PACKAGES = ("too_marshal", "counterparts", "planners", "telescopes", "gcn_templates")

for root in PACKAGES:
    package = importlib.import_module(root)
    for module in pkgutil.walk_packages(package.__path__, f"{root}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

from telescopes import TELESCOPES  # noqa: E402 - after the walk
from telescopes.grids import no_grid  # noqa: E402 - after the walk

with_grid = [one for one in TELESCOPES.values() if one.read_grid is not no_grid]
if any(len(telescope.read_grid().field_id) == 0 for telescope in with_grid):
    sys.exit("a field grid is missing from the wheel")

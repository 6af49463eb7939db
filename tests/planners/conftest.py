"""What tests of planners share."""

from tests.camera_cells import cells_once

__all__ = ["cells_once"]

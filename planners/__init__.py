"""Sky maps, footprints, visibility and planners: pure functions, usable in a notebook."""

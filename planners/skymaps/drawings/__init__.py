"""Pictures of a sky map with tiles on it, drawn in a process of their own."""

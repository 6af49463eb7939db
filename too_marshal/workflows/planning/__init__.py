"""Plans: asked for, computed, scored again on a newer map, offered."""

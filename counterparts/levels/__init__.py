"""How deep in a map a position lies: on the sky, and with a distance in the volume."""

"""Telescope time that was granted: who may charge it, and how much of it is left."""

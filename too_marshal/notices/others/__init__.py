"""Gravitational waves, radio bursts, optical transients, circulars, heartbeats."""

"""The Gravitational Wave Treasure Map."""

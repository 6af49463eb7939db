"""Layers of the sky map that are asked for one by one, once somebody switches them on."""

"""Regions of the sphere: ranges of HEALPix cells, polygons, an equal-area chart."""

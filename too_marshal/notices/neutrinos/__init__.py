"""Detectors of neutrinos, and their coincidences with others."""

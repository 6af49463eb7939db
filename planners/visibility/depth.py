"""Predicted depth of exposures; the simulators reach what is predicted here, by the same model."""

from telescopes.limiting_magnitudes import EXTINCTION, MOONLIGHT, limiting_magnitudes, moonlight

__all__ = ["EXTINCTION", "MOONLIGHT", "limiting_magnitudes", "moonlight"]

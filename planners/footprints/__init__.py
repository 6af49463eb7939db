"""Cameras on the sky: what part of a map each pointing covers."""

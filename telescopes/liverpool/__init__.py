"""The Liverpool Telescope."""

"""The GROWTH-India Telescope."""

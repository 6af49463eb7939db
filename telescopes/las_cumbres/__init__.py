"""Las Cumbres Observatory."""

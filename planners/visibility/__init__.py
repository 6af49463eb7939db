"""When a position can be observed from a site, and how deep."""

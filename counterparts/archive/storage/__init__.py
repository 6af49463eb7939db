"""How the archive keeps alerts: batches as they come, then a catalog for each night and month."""

"""Events that people enter."""

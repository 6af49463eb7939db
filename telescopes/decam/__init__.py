"""The Dark Energy Camera."""

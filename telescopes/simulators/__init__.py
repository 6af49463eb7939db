"""Servers that behave as the real robots do; for rehearsals and tests."""

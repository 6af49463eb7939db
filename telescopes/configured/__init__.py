"""Robots that an observatory describes in a file."""

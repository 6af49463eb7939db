"""Connections to the streams of notices."""

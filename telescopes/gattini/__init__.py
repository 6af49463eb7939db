"""Palomar Gattini-IR."""

"""Notices: one parser a mission, bytes in, a frozen record out."""

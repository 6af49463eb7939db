"""Telling people: what to say, to whom, and that it arrived."""

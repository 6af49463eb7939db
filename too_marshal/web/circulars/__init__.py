"""Circulars: the form that asks for one, its page, and its text as it is edited."""

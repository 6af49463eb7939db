"""Circulars of ours: written from what was executed, edited, approved, sent, and seen again."""

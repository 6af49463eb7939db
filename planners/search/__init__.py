"""The search for the best plan, and the proof of how good it can be."""

"""Sky maps: read, checked, kept, measured, joined."""

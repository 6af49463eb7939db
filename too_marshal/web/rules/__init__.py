"""Rules: their pages, their form, and how they read."""

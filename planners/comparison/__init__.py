"""A planner of other authors, run in a process of its own."""

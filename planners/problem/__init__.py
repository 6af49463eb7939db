"""A request turned into a problem to be solved, and a solution into a plan."""

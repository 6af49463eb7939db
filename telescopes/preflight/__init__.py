"""A plan held against the robot that is to execute it."""

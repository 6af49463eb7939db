"""What the marshal does, one verb a module. Web, commands and jobs all call these.

Each takes a session and what it works with as arguments, and commits once, at its end.
"""

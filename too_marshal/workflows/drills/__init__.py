"""Drills: a simulated alert from its notice to its withdrawal, with everybody who would be woken.

Nothing of it reaches a real robot, the Treasure Map or GCN: the event is a test, which every one
of those doors refuses, and its queue goes to a robot that is simulated in the worker itself.
"""

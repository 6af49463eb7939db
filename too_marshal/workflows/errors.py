"""Why what a person, or a program, asks for is not done; the message is for them."""

from __future__ import annotations


class Declined(Exception):
    """Base of all such reasons."""


class Forbidden(Declined):
    """The request is sound, and the state of things forbids it."""


class Invalid(Declined):
    """What was asked cannot be, whatever the state of things."""

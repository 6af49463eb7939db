"""Why nothing comes of asking a provider; the messages are for the person who asked."""

from __future__ import annotations


class ProviderUnavailable(Exception):
    """It gives no answer, or none that can be read: it may later."""


class AnswerRefused(Exception):
    """What came back does not let anybody in, however often it is sent."""


class GrantEnded(Exception):
    """The provider says that what a person once allowed is over."""

"""Names of queues and files."""

import re

from telescopes.errors import PlanUnsuitable

MAX_NAME_LENGTH = 80
"""Letters in a name."""

NAME = re.compile(rf"\A[A-Za-z0-9][A-Za-z0-9._+-]{{0,{MAX_NAME_LENGTH - 1}}}\Z")
"""What survives every hand between the marshal and a mountain."""


def check_name(name: str) -> str:
    """Return `name`.

    Raises
    ------
    PlanUnsuitable
        If it might not survive.
    """
    if not NAME.match(name):
        raise PlanUnsuitable(f"not a queue name: {name!r}")
    return name

"""Ways to reach a person: each kind with the address that the person gives."""

from too_marshal.deployment.senders.message import Message, Sender

__all__ = ["Message", "Sender"]

from .queue import ConfiguredQueue
from .settings import Configuration, read_configuration
from .templates import ConfigurationInvalid

__all__ = [
    "Configuration",
    "ConfigurationInvalid",
    "ConfiguredQueue",
    "read_configuration",
]

from .clock import SimulatedClock
from .faults import Fault, FaultKind, Faults
from .service import SimulatorServer, running

__all__ = [
    "Fault",
    "FaultKind",
    "Faults",
    "SimulatedClock",
    "SimulatorServer",
    "running",
]

from .bound import upper_bound
from .maximum_coverage import MaximumCoverage, SolverFailed

__all__ = [
    "MaximumCoverage",
    "SolverFailed",
    "upper_bound",
]

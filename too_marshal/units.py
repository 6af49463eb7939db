"""Units that the standard library does not have."""

YEAR = 365.25 * 86400.0
"""Julian year, s."""

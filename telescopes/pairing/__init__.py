"""Which exposures are of one pointing, and which taken exposure answers which planned one."""

"""What we claim about speed: one module a claim, each a command that prints its figures."""

"""Plans: their page, the form that asks for one, and what telescope time buys."""

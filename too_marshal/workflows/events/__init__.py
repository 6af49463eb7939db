"""Which event a notice speaks of, what is known of it, and what it is linked to."""

"""What was really observed: taken from robots, archives, uploads and other groups."""

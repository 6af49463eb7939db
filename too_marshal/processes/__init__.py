"""The processes of a running service, and the database beneath them."""

"""What each survey calls the members of its packets, one module a survey."""

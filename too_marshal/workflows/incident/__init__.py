"""What an event asks of the person who looks at it: where it stands, and what to do next."""

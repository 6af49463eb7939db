"""Who is told of what, who is woken, and until when."""

"""Where an event is: sky maps fetched, read, drawn from a circle, and kept."""

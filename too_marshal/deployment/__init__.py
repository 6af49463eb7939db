"""What an operator sets: settings, robots, channels, logs."""

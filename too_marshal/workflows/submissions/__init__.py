"""What a robot is sent, told to forget, and asked about."""

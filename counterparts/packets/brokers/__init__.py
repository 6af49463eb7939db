"""What brokers make of the surveys' packets, one module a broker."""

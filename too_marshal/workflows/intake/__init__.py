"""From a message of a stream to a notice that is stored and understood."""

"""What is decided about an event without a person: rules, their edits, and their past."""

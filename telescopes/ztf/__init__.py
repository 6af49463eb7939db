"""The Zwicky Transient Facility."""

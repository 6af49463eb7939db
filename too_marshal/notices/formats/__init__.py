"""The forms that notices are written in, whatever the mission."""

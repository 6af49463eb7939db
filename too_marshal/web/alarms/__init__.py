"""What wakes a person: their own settings, who is on call, and how an alarm is answered."""

"""What can be seen of an event from each site, in the nights to come."""

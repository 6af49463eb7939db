"""The night of an event at each telescope: the strip of its page, and the airmass chart."""

"""The service: notices in, plans out, everything accounted for."""

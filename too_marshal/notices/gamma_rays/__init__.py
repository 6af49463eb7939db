"""Missions that see bursts in gamma rays and X-rays."""

"""Plans and tables as files and figures."""

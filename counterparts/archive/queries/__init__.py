"""How the archive is asked: by place, time and condition, by positions, and in SQL."""

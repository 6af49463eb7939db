"""What was covered, what is left, and plans scored again."""

"""The real workflows, one step at a time, in an order that is drawn by a seed."""

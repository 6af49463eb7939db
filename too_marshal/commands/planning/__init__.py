"""Command `plan`: what is asked, and what is shown of the answer."""

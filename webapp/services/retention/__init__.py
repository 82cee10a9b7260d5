"""Retention: deleting what is due, and what an older backup brought back."""

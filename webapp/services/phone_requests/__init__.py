"""Data-subject requests by phone: what a coordinator does for a participant who rings without their code."""

"""Submissions and what a participant can do with them: consents, own copies, corrections, erasing."""

"""Entering a form for a participant, page by page, with drafts that last for days."""

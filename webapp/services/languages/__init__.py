"""Reviews of translated texts, and which languages are offered."""

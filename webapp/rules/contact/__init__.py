"""Contact as a safety matter: its questions, the safe channels derived from answers, and matching a caller's claims."""

"""Pure business rules: question types, validation, routing, consent, eligibility for contact, retention periods.

Nothing in here knows about web requests, databases, keys or languages on screen. Rules raise
message keys (see `messages`), and the ui puts them into words.
"""

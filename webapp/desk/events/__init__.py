"""One event at the desk: its registrations, messages, lists and changes."""

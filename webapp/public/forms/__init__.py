"""Cross-cutting features of every form with text fields: autosave, and recovery from a CSRF failure."""

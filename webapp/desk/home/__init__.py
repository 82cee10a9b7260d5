"""The desk's first pages: Today, and the lists of calls and of events."""

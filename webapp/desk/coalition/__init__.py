"""The coalition at the desk: its organisations, the people who work there, and how a person joins."""
